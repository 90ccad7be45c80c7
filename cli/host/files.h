/* SPDX-License-Identifier: GPL-2.0-only */
/* The host as its file systems show it: sysfs and procfs */
#ifndef IOLU_CLI_HOST_FILES_H
#define IOLU_CLI_HOST_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "iolu.h"

/* Read below @dir from now on; NULL for the real root. @dir must stay valid. */
void host_set_root(const char *dir);
bool host_is_real(void);

/*
 * The functions below take the path as a format. They return 0 or a length, or -errno. A text
 * is cut to @room bytes and ends in NUL, without trailing newlines.
 */
int host_path(char *out, size_t room, const char *fmt, ...) PRINTF(3, 4);
ssize_t host_bytes(void *out, size_t room, const char *fmt, ...) PRINTF(3, 4);
int host_text(char *out, size_t room, const char *fmt, ...) PRINTF(3, 4);
int host_number(uint64_t *out, const char *fmt, ...) PRINTF(2, 3);
/* The target of a symbolic link, and the last component of the target */
int host_link(char *out, size_t room, const char *fmt, ...) PRINTF(3, 4);
int host_link_name(char *out, size_t room, const char *fmt, ...) PRINTF(3, 4);
bool host_has(const char *fmt, ...) PRINTF(1, 2);

static inline uint32_t le32(const unsigned char *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The id of this boot of the kernel */
int host_boot_id(char *out, size_t room);

/* The command line of the running kernel; "" if it cannot be read */
#define HOST_CMDLINE_ROOM	8192
int host_cmdline(char out[HOST_CMDLINE_ROOM]);

/*
 * The names in a directory, sorted, without those that begin with a dot. Release it with
 * host_names_free(). Empty if there is no such directory.
 */
struct names {
	char **name;
	int n;
};

struct names host_names(const char *fmt, ...) PRINTF(1, 2);
void host_names_free(struct names *names);

#endif /* IOLU_CLI_HOST_FILES_H */
