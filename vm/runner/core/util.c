// SPDX-License-Identifier: GPL-2.0
/* Helpers of the whole program. Memory that runs out ends the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

void die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

char *text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	return s;
}

FILE *create_file(const char *dir, const char *name)
{
	char *path = text("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
	return f;
}

char *program_dir(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		die("cannot find the path of this program: %s", strerror(errno));
	exe[n] = 0;
	return text("%s", dirname(exe));
}

int listen_at(const char *address)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	bool abstract = !strchr(address, '/');
	size_t len = strlen(address) + 1;	/* with a NUL, before or after it */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (len > sizeof(at.sun_path))
		die("%s: too long for the address of a socket", address);
	memcpy(at.sun_path + abstract, address, strlen(address));
	if (!abstract)
		unlink(address);
	if (fd < 0 || bind(fd, (void *)&at, offsetof(struct sockaddr_un, sun_path) + len) ||
	    listen(fd, 1))
		die("cannot make the socket %s: %s", address, strerror(errno));
	return fd;
}

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void *array_room(void *base, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		*cap = *cap ? 2 * *cap : 64;
		base = realloc(base, *cap * size);
		if (!base)
			die("out of memory");
	}
	memset((char *)base + n * size, 0, size);
	return base;
}
