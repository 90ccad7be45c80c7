/* SPDX-License-Identifier: GPL-2.0 */
/* Growing arrays: make room for one more element or end with one line. */
#ifndef VM_RUNNER_ARRAY_H
#define VM_RUNNER_ARRAY_H

#include <stddef.h>

void *array_room(void *base, size_t n, size_t *cap, size_t size);

/* array_add(p, n, cap) yields a pointer to a fresh zeroed last element. */
#define array_add(p, n, cap) \
	(*({ (p) = array_room((p), (n), &(cap), sizeof(*(p))); &(p); }) + (n)++)

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* VM_RUNNER_ARRAY_H */
