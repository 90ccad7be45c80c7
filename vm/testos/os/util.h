/* SPDX-License-Identifier: GPL-2.0 */
/* Small helpers that all of testos uses: words of the command line, files, time. */
#ifndef TESTOS_UTIL_H
#define TESTOS_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KIB		1024ull
#define MIB		(1024ull * KIB)
#define PAGE		4096ull

/* Words of the kernel's command line; the last occurrence counts. */
const char *cmdline_line(void);
const char *cmdline_get(const char *key, char *out, size_t room);
unsigned long cmdline_number(const char *key, unsigned long fallback);

int file_write(const char *path, const char *text);
void must_write(const char *path, const char *text);
int file_read(const char *path, char *out, size_t room);
unsigned long vmstat(const char *key);

/* ioctl that returns -errno, and one that bails out if it fails */
int try_ioctl(int fd, unsigned long request, void *arg);
int must_ioctl(int fd, unsigned long request, void *arg, const char *what);
int must_open(const char *path, int flags);
void *must_map(int fd, uint64_t size, uint64_t offset, const char *what);

void sleep_ms(unsigned int ms);
void nap(unsigned int n);	/* of 50 ms each, however long the emulator pauses */

#endif /* TESTOS_UTIL_H */
