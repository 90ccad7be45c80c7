/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the whole program: end with a message, format, grow an array, read the clock. */
#ifndef VM_RUNNER_UTIL_H
#define VM_RUNNER_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NSEC		1000000000LL
#define MSEC		1000000LL

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/* Print "PROGRAM: message" to stderr and exit with 2. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* printf() into fresh memory; never NULL. */
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Open @dir/@name for writing; never NULL. */
FILE *create_file(const char *dir, const char *name);

/* The directory of this program. */
char *program_dir(void);

/* A listening socket at a path, or in the abstract name space if @address has no "/" */
int listen_at(const char *address);

/* CLOCK_MONOTONIC, ns */
int64_t now_ns(void);

void *array_room(void *base, size_t n, size_t *cap, size_t size);

/* array_add(p, n, cap): the address of a new, zeroed last element of the array @p. */
#define array_add(p, n, cap) \
	(*({ (p) = array_room((p), (n), &(cap), sizeof(*(p))); &(p); }) + (n)++)

#endif /* VM_RUNNER_UTIL_H */
