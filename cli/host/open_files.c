// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of all processes, as /proc/PID/fd shows them. The kernel has no list of live
 * update sessions; but a session that is not yet handed over lives only as long as somebody
 * has it open, so that this finds each of them, if the reader may look into all processes.
 *
 * What is found may be gone a moment later, like everything in /proc.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/files.h"
#include "host/open_files.h"

static void add(struct holders *holders, int pid, int fd, const char *what)
{
	struct holder *more = realloc(holders->holder, (holders->n + 1) * sizeof(*more));
	struct holder *h;

	if (!more)
		return;
	holders->holder = more;
	h = &more[holders->n++];
	h->pid = pid;
	h->fd = fd;
	snprintf(h->what, sizeof(h->what), "%.127s", what);
	if (host_text(h->comm, sizeof(h->comm), "/proc/%d/comm", pid))
		h->comm[0] = '\0';
}

static void look_into(struct holders *holders, int pid, const char *prefix)
{
	char path[PATH_MAX], what[PATH_MAX];
	struct dirent *e;
	DIR *dir;

	host_path(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir && errno != ENOENT)
		holders->complete = false;
	while (dir && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    !host_link(what, sizeof(what), "/proc/%d/fd/%s", pid, e->d_name) &&
		    !strncmp(what, prefix, strlen(prefix)))
			add(holders, pid, atoi(e->d_name), what);
	if (dir)
		closedir(dir);
}

struct holders procs_find(const char *prefix)
{
	struct holders holders = { .complete = true };
	struct names pids = host_names("/proc");
	int i;

	for (i = 0; i < pids.n; i++)
		if (isdigit((unsigned char)pids.name[i][0]) && atoi(pids.name[i]) != getpid())
			look_into(&holders, atoi(pids.name[i]), prefix);
	host_names_free(&pids);
	return holders;
}

void procs_free(struct holders *holders)
{
	free(holders->holder);
	holders->holder = NULL;
	holders->n = 0;
}

int procs_borrow(const struct holder *holder)
{
	int pidfd, fd;

	if (!host_is_real())
		return -ENOTSUP;
	pidfd = syscall(SYS_pidfd_open, holder->pid, 0);
	if (pidfd < 0)
		return -errno;
	fd = syscall(SYS_pidfd_getfd, pidfd, holder->fd, 0);
	if (fd < 0)
		fd = -errno;
	close(pidfd);
	return fd;
}
