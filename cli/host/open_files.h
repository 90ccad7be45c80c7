/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has which file open. */
#ifndef IOLU_CLI_HOST_OPEN_FILES_H
#define IOLU_CLI_HOST_OPEN_FILES_H

#include <stdbool.h>

/* One file that a process has open; @what is what its link in /proc/PID/fd says. */
struct holder {
	int pid, fd;
	char comm[32];
	char what[128];
};

/**
 * struct holders - All files open whose link begins with some text.
 * @complete: No process was left out for lack of permission.
 */
struct holders {
	struct holder *holder;
	int n;
	bool complete;
};

struct holders procs_find(const char *prefix);
void procs_free(struct holders *holders);

/*
 * A descriptor of one's own for the holder's file, or -errno. It must be closed soon: a file
 * lives as long as the last of its descriptors.
 */
int procs_borrow(const struct holder *holder);

#endif /* IOLU_CLI_HOST_OPEN_FILES_H */
