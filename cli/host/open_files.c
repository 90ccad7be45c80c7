// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of all processes, from /proc/PID/fd. The kernel has no list of live update
 * sessions, but an outgoing session lives only as long as a process has it open, so this finds
 * each of them if all processes are visible.
 *
 * They are visible only to a caller in the initial PID namespace that may trace PID 1 and look
 * into every process; a mount of /proc with hidepid hides processes without an error. The link
 * /proc/1/ns/pid can be read, and names the initial namespace, only for such a caller.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/files.h"
#include "host/open_files.h"

static void add(struct holders *holders, int pid, int fd, const char *target)
{
	struct holder *more = realloc(holders->holder, (holders->n + 1) * sizeof(*more));
	struct holder *h;

	if (!more) {
		holders->complete = false;
		return;
	}
	holders->holder = more;
	h = &more[holders->n++];
	h->pid = pid;
	h->fd = fd;
	snprintf(h->target, sizeof(h->target), "%.127s", target);
	if (host_text(h->comm, sizeof(h->comm), "/proc/%d/comm", pid))
		h->comm[0] = '\0';
}

/* Returns the number of open files of a process or thread, or -errno. */
static int scan(struct holders *holders, int pid, const char *dir, const char *prefix)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent *e;
	int n = 0;
	DIR *d;

	host_path(path, sizeof(path), "%s", dir);
	d = opendir(path);
	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		n++;
		if (!host_link(target, sizeof(target), "%s/%s", dir, e->d_name) &&
		    !strncmp(target, prefix, strlen(prefix)))
			add(holders, pid, atoi(e->d_name), target);
	}
	closedir(d);
	return n;
}

/* The first thread may have ended before the others; then only these show the files. */
static void scan_process(struct holders *holders, int pid, const char *prefix)
{
	struct names threads;
	char dir[64];
	int i, rc;

	snprintf(dir, sizeof(dir), "/proc/%d/fd", pid);
	rc = scan(holders, pid, dir, prefix);
	if (rc < 0 && rc != -ENOENT)
		holders->complete = false;
	if (rc)
		return;
	threads = host_names("/proc/%d/task", pid);
	for (i = 0; i < threads.n && rc <= 0; i++) {
		snprintf(dir, sizeof(dir), "/proc/%d/task/%.20s/fd", pid, threads.name[i]);
		rc = scan(holders, pid, dir, prefix);
	}
	host_names_free(&threads);
}

/* A kernel without PID namespaces has no such link, for any process. */
static bool all_visible(void)
{
	char link[64], initial[64], path[PATH_MAX];

	if (host_link(link, sizeof(link), "/proc/self/ns/pid")) {
		host_path(path, sizeof(path), "/proc/1/fd");
		return !access(path, R_OK | X_OK);
	}
	snprintf(initial, sizeof(initial), "pid:[%u]", PID_NS_INIT_INO);
	return !host_link(link, sizeof(link), "/proc/1/ns/pid") && !strcmp(link, initial);
}

struct holders open_files_find(const char *prefix)
{
	struct holders holders = { .complete = all_visible() };
	struct names pids = host_names("/proc");
	int i;

	for (i = 0; i < pids.n; i++)
		if (isdigit((unsigned char)pids.name[i][0]) && atoi(pids.name[i]) != getpid())
			scan_process(&holders, atoi(pids.name[i]), prefix);
	host_names_free(&pids);
	return holders;
}

void open_files_free(struct holders *holders)
{
	free(holders->holder);
	holders->holder = NULL;
	holders->n = 0;
}

int open_files_borrow(const struct holder *holder)
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
