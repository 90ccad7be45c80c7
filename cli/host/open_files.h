/* SPDX-License-Identifier: GPL-2.0-only */
/* Which process has which file open */
#ifndef IOLU_CLI_HOST_OPEN_FILES_H
#define IOLU_CLI_HOST_OPEN_FILES_H

#include <stdbool.h>

/* An open file of a process; @target is the text of the link /proc/PID/fd/FD. */
struct holder {
	int pid, fd;
	char comm[32];
	char target[128];
};

/**
 * struct holders - All open files whose link begins with a given text.
 * @complete: All processes of the host were visible. If false, an absent entry proves nothing.
 */
struct holders {
	struct holder *holder;
	int n;
	bool complete;
};

struct holders open_files_find(const char *prefix);
void open_files_free(struct holders *holders);

/*
 * A descriptor of this process for the holder's file, or -errno. Close it soon: a file lives
 * as long as its last descriptor.
 */
int open_files_borrow(const struct holder *holder);

#endif /* IOLU_CLI_HOST_OPEN_FILES_H */
