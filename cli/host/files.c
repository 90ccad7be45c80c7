// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers of the kernel's file systems. Every path of the host goes through here, so that the
 * option --root can replace the root. Nothing is written.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"

static const char *host_root = "";

void host_set_root(const char *dir)
{
	host_root = dir ? dir : "";
}

bool host_is_real(void)
{
	return !*host_root;
}

static int path_of(char *out, size_t room, const char *fmt, va_list args)
{
	int n = snprintf(out, room, "%s", host_root);

	if (n >= 0 && (size_t)n < room)
		n += vsnprintf(out + n, room - n, fmt, args);
	return n < 0 || (size_t)n >= room ? -ENAMETOOLONG : 0;
}

/* The path given to a function */
#define ASKED(path, fmt)						\
	char path[PATH_MAX];						\
	va_list path##_args;						\
	int path##_rc;							\
	va_start(path##_args, fmt);					\
	path##_rc = path_of(path, sizeof(path), fmt, path##_args);	\
	va_end(path##_args)

int host_path(char *out, size_t room, const char *fmt, ...)
{
	ASKED(path, fmt);

	if (path_rc || strlen(path) >= room)
		return -ENAMETOOLONG;
	strcpy(out, path);
	return 0;
}

static ssize_t read_whole(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, got = 0;

	if (fd < 0)
		return -errno;
	while ((size_t)got < room && (n = read(fd, out + got, room - got)) != 0) {
		if (n < 0) {
			n = -errno;
			close(fd);
			return n;
		}
		got += n;
	}
	close(fd);
	return got;
}

ssize_t host_bytes(void *out, size_t room, const char *fmt, ...)
{
	ASKED(path, fmt);

	return path_rc ? path_rc : read_whole(path, out, room);
}

static int text_at(const char *path, char *out, size_t room)
{
	ssize_t n = read_whole(path, out, room - 1);

	if (n < 0)
		return n;
	while (n > 0 && out[n - 1] == '\n')
		n--;
	out[n] = '\0';
	return 0;
}

int host_text(char *out, size_t room, const char *fmt, ...)
{
	ASKED(path, fmt);

	return path_rc ? path_rc : text_at(path, out, room);
}

int host_number(uint64_t *out, const char *fmt, ...)
{
	char text[64], *end;
	int rc;
	ASKED(path, fmt);

	rc = path_rc ? path_rc : text_at(path, text, sizeof(text));
	if (rc)
		return rc;
	*out = strtoull(text, &end, 0);
	return end == text || *end ? -EBADMSG : 0;
}

static int link_at(const char *path, char *out, size_t room)
{
	ssize_t n = readlink(path, out, room - 1);

	if (n < 0)
		return -errno;
	out[n] = '\0';
	return 0;
}

int host_link(char *out, size_t room, const char *fmt, ...)
{
	ASKED(path, fmt);

	return path_rc ? path_rc : link_at(path, out, room);
}

int host_link_name(char *out, size_t room, const char *fmt, ...)
{
	char target[PATH_MAX];
	const char *name;
	int rc;
	ASKED(path, fmt);

	rc = path_rc ? path_rc : link_at(path, target, sizeof(target));
	if (rc)
		return rc;
	name = strrchr(target, '/');
	snprintf(out, room, "%s", name ? name + 1 : target);
	return 0;
}

bool host_has(const char *fmt, ...)
{
	ASKED(path, fmt);

	return !path_rc && !access(path, F_OK);
}

static int seen(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

struct names host_names(const char *fmt, ...)
{
	struct names names = {};
	struct dirent **list;
	int i, n;
	ASKED(path, fmt);

	n = path_rc ? -1 : scandir(path, &list, seen, alphasort);
	if (n < 0)
		return names;
	names.name = calloc(n ? n : 1, sizeof(*names.name));
	for (i = 0; i < n; i++) {
		if (names.name)
			names.name[names.n++] = strdup(list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return names;
}

void host_names_free(struct names *names)
{
	while (names->n)
		free(names->name[--names->n]);
	free(names->name);
}

int host_boot_id(char *out, size_t room)
{
	return host_text(out, room, "/proc/sys/kernel/random/boot_id");
}

int host_cmdline(char out[HOST_CMDLINE_ROOM])
{
	*out = '\0';
	return host_text(out, HOST_CMDLINE_ROOM, "/proc/cmdline");
}
