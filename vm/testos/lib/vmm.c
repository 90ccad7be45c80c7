// SPDX-License-Identifier: GPL-2.0
/*
 * Running the example's VMM: a process of its own, as on any host. Its output and its guest's
 * come through one pipe; the guest's memory is read through the VMM's descriptors.
 *
 * To look at a VM between two steps of its VMM the main thread is held by ptrace at an ioctl.
 * Threads that it makes are not traced: the vCPU runs.
 */
#define _GNU_SOURCE 1

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/vmm.h"
#include "os/report.h"
#include "os/util.h"

#define PATIENCE_MS	20000

static pid_t pid;
static int from;		/* its output */
static char said[16384];
static size_t unread, shown;	/* where those words begin that no question has found yet */

static void become(const char *const *args, int out, bool held)
{
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (held)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execv(args[0], (char **)args);
	_exit(126);
}

void vmm_run(const char *const *args, bool held)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) || (pid = fork()) < 0)
		bail_out("run the VMM: %s", strerror(errno));
	if (!pid)
		become(args, ends[1], held);
	close(ends[1]);
	from = ends[0];
}

void vmm_start(const char *name, const char *bdf, bool held)
{
	vmm_run((const char *[]){ "/bin/vmm", name, bdf, "/guest.bin", NULL }, held);
}

void vmm_signal(int signal)
{
	kill(pid, signal);
}

/* -- its output -- */

static void show_lines(void)
{
	char *end;

	while ((end = strchr(said + shown, '\n'))) {
		diag("%.*s", (int)(end - said - shown), said + shown);
		shown = end + 1 - said;
	}
}

/* Read more of its output; false after a time-out or at the end. */
static bool listen_on(int ms)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	size_t n = strlen(said);
	ssize_t got;

	if (sizeof(said) - n < 1024)
		bail_out("the VMM says too much");
	if (poll(&p, 1, ms) <= 0)
		return false;
	got = read(from, said + n, sizeof(said) - 1 - n);
	if (got > 0)
		said[n + got] = '\0';
	show_lines();
	return got > 0;
}

bool vmm_says(const char *words)
{
	char *found;

	while (!(found = strstr(said + unread, words)))
		if (!listen_on(PATIENCE_MS))
			return false;
	unread = found + strlen(words) - said;
	return true;
}

int vmm_end(void)
{
	int status = 0;

	vmm_signal(SIGTERM);
	while (listen_on(PATIENCE_MS))
		;
	waitpid(pid, &status, 0);
	close(from);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* -- holding it -- */

/* Run to the next entry or exit of a system call; signals are passed on to it. */
static bool to_system_call(void)
{
	int status, signal = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal) ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return false;
		signal = WSTOPSIG(status);
		if (signal == (SIGTRAP | 0x80))
			return true;
	}
}

bool vmm_go_to(unsigned long request)
{
	struct user_regs_struct regs;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (long)PTRACE_O_TRACESYSGOOD))
		bail_out("the VMM cannot be held: %s", strerror(errno));
	while (to_system_call()) {
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
			bail_out("a held VMM's registers: %s", strerror(errno));
		if (regs.orig_rax == SYS_ioctl && (unsigned int)regs.rsi == request)
			return true;
		if (regs.orig_rax == SYS_rt_sigtimedwait)
			return false;	/* it serves, and asks for nothing any more */
	}
	return false;
}

void vmm_go_on(void)
{
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL))
		bail_out("a stopped VMM does not continue: %s", strerror(errno));
}

/* -- its descriptors -- */

static bool is_memory(const char *path, const void *size)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) &&
	       st.st_size == (off_t)*(const unsigned long long *)size;
}

static bool is_named(const char *path, const void *name)
{
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = '\0';
	return strstr(target, name);
}

/* The number of the VMM's first descriptor for which @is holds, and where /proc shows it */
static int find_fd(bool (*is)(const char *path, const void *arg), const void *arg, char path[320])
{
	char dir_path[64];
	struct dirent *e;
	int found = -1;
	DIR *dir;

	snprintf(dir_path, sizeof(dir_path), "/proc/%d/fd", pid);
	dir = opendir(dir_path);
	while (dir && found < 0 && (e = readdir(dir))) {
		snprintf(path, 320, "%s/%s", dir_path, e->d_name);
		if (is(path, arg))
			found = atoi(e->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

void *vmm_memory(unsigned long long size)
{
	char path[320];
	void *memory;
	int fd;

	if (find_fd(is_memory, &size, path) < 0)
		bail_out("the VMM has no memory of %llu bytes", size);
	fd = must_open(path, O_RDWR);
	memory = must_map(fd, size, 0, "the guest's memory");
	close(fd);
	return memory;
}

/* @name: a part of the name that /proc shows */
int vmm_copy_fd(const char *name)
{
	int number, fd, pidfd = syscall(SYS_pidfd_open, pid, 0);
	char path[320];

	number = find_fd(is_named, name, path);
	fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd < 0)
		bail_out("the VMM's %s: %s", name, strerror(errno));
	close(pidfd);
	return fd;
}
