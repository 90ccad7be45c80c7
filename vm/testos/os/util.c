// SPDX-License-Identifier: GPL-2.0
/*
 * Small helpers: words of the command line, one-line files, ioctls, sleeping.
 *
 * must_*() is for steps without which the scenario has nothing to show; everything that a
 * scenario wants to judge itself goes through try_ioctl(), which returns -errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "os/report.h"
#include "os/util.h"

const char *cmdline_line(void)
{
	static char line[4096];

	if (!line[0] && file_read("/proc/cmdline", line, sizeof(line)) < 0)
		line[0] = '\0';
	return line;
}

static const char *word_end(const char *at)
{
	bool quoted = false;

	for (; *at && (quoted || *at != ' '); at++)
		if (*at == '"')
			quoted = !quoted;
	return at;
}

static void copy_unquoted(char *out, size_t room, const char *at, const char *end)
{
	size_t n = 0;

	for (; at < end && n + 1 < room; at++)
		if (*at != '"')
			out[n++] = *at;
	out[n] = '\0';
}

const char *cmdline_get(const char *key, char *out, size_t room)
{
	const char *at = cmdline_line(), *found = NULL;
	size_t len = strlen(key);

	while (*at) {
		const char *end = word_end(at);

		if (!strncmp(at, key, len) && at[len] == '=') {
			copy_unquoted(out, room, at + len + 1, end);
			found = out;
		}
		at = *end ? end + 1 : end;
	}
	return found;
}

unsigned long cmdline_number(const char *key, unsigned long fallback)
{
	char text[64];

	return cmdline_get(key, text, sizeof(text)) ? strtoul(text, NULL, 0) : fallback;
}

int file_write(const char *path, const char *text)
{
	int rc, fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	rc = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

/* Reads a small file and strips the newline at its end; length or -errno. */
int file_read(const char *path, char *out, size_t room)
{
	size_t len = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (len + 1 < room && (n = read(fd, out + len, room - 1 - len)) > 0)
		len += n;
	close(fd);
	while (len && out[len - 1] == '\n')
		len--;
	out[len] = '\0';
	return len;
}

unsigned long vmstat(const char *key)
{
	static char text[16384];
	size_t len = strlen(key);
	char *line, *rest = text;

	/* the counters of all CPUs are folded */
	must_write("/proc/sys/vm/stat_refresh", "1");
	if (file_read("/proc/vmstat", text, sizeof(text)) < 0)
		bail_out("cannot read /proc/vmstat");
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, key, len) && line[len] == ' ')
			return strtoul(line + len + 1, NULL, 10);
	bail_out("/proc/vmstat has no %s", key);
}

int try_ioctl(int fd, unsigned long request, void *arg)
{
	int rc = ioctl(fd, request, arg);

	return rc < 0 ? -errno : rc;
}

int must_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int rc = try_ioctl(fd, request, arg);

	if (rc < 0)
		bail_out("%s: %s", what, strerror(-rc));
	return rc;
}

int must_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		bail_out("open %s: %s", path, strerror(errno));
	return fd;
}

void *must_map(int fd, uint64_t size, uint64_t offset, const char *what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (at == MAP_FAILED)
		bail_out("map %s: %s", what, strerror(errno));
	return at;
}

void sleep_ms(unsigned int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* A pause of the whole emulator takes the time of one nap only. */
void nap(unsigned int n)
{
	while (n--)
		sleep_ms(50);
}

void must_write(const char *path, const char *text)
{
	int rc = file_write(path, text);

	if (rc)
		bail_out("write %s: %s", path, strerror(-rc));
}
