// SPDX-License-Identifier: GPL-2.0
/*
 * Running the example's VMM: a process of its own, as on any host. Its output and its guest's
 * come through one pipe; the guest's memory is read through the VMM's descriptors.
 *
 * To look at a VM between two steps of its VMM, or to end the VMM there, the main thread is held by
 * ptrace at an ioctl. Threads that it makes are not traced: the vCPU runs. The hold can pass on to
 * a process that it makes, or to the program by which it replaces itself.
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

#define OPTIONS		(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC)

static pid_t pid, held;
static int from;		/* its output */
static int passed = -1;		/* a descriptor for the next one */
static char said[16384];
static size_t unread, shown;	/* where those words begin that no question has found yet */

/* As systemd does it */
static void take_passed(void)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", getpid());
	setenv("LISTEN_PID", number, 1);
	setenv("LISTEN_FDNAMES", "vm", 1);
	setenv("FDSTORE", "1", 1);
	dup2(passed, 3);
}

static void become(const char *const *args, int out, bool at_start)
{
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (passed >= 0)
		take_passed();
	if (at_start)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execv(args[0], (char **)args);
	_exit(126);
}

static void hold(void)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (long)OPTIONS))
		bail_out("the VMM cannot be held: %s", strerror(errno));
	held = pid;
}

void vmm_run(const char *const *args, bool at_start)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) || (pid = fork()) < 0)
		bail_out("run the VMM: %s", strerror(errno));
	if (!pid)
		become(args, ends[1], at_start);
	close(ends[1]);
	from = ends[0];
	unread = strlen(said);
	if (at_start)
		hold();
}

void vmm_start(const char *name, const char *bdf, bool at_start)
{
	vmm_run((const char *[]){ "/bin/vmm", name, bdf, "/guest.bin", NULL }, at_start);
}

void vmm_pass(int session)
{
	passed = session;
}

void vmm_use(int process)
{
	pid = process;
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

void vmm_must_say(const char *words, const char *fact)
{
	if (!ok(vmm_says(words), fact, "the VMM does not say \"%s\"", words))
		bail_out("the VMM does not do as the scenario needs");
}

int vmm_end(int signal)
{
	int status = 0;

	vmm_signal(signal);
	while (listen_on(PATIENCE_MS))
		;
	waitpid(pid, &status, 0);
	close(from);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* -- holding it -- */

/* Run to the next stop for which @how asks, or that has an event; signals are passed on. */
static bool run_to_stop(int how, int *status)
{
	int signal = 0;

	for (;;) {
		if (ptrace(how, held, NULL, (long)signal) ||
		    waitpid(held, status, __WALL) != held || !WIFSTOPPED(*status))
			return false;
		signal = WSTOPSIG(*status);
		if (*status >> 16 || signal == (SIGTRAP | 0x80))
			return true;
	}
}

bool vmm_go_to(unsigned long request)
{
	struct user_regs_struct regs;
	int status;

	while (run_to_stop(PTRACE_SYSCALL, &status)) {
		if (ptrace(PTRACE_GETREGS, held, NULL, &regs))
			bail_out("a held VMM's registers: %s", strerror(errno));
		if (regs.orig_rax == SYS_ioctl && (unsigned int)regs.rsi == request)
			return true;
		if (regs.orig_rax == SYS_rt_sigtimedwait)
			return false;	/* it serves, and asks for nothing any more */
	}
	return false;
}

void vmm_step_over(void)
{
	int status;

	if (!run_to_stop(PTRACE_SYSCALL, &status))
		bail_out("a held VMM does not come to the end of its ioctl");
}

static void run_to_event(int event)
{
	int status;

	do {
		if (run_to_stop(PTRACE_CONT, &status))
			continue;
		while (listen_on(0))
			;
		bail_out("a held VMM does not come to event %d: status 0x%x", event, status);
	} while (status >> 16 != event);
}

void vmm_hold_next(void)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, (long)OPTIONS))
		bail_out("the VMM cannot be held: %s", strerror(errno));
	held = pid;
}

/* The VMM was not stopped before that. */
void vmm_await_next(void)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		bail_out("the VMM has ended");
	if (status >> 16 != PTRACE_EVENT_EXEC)
		run_to_event(PTRACE_EVENT_EXEC);
}

void vmm_hold_child(void)
{
	unsigned long child;
	int status;

	run_to_event(PTRACE_EVENT_FORK);
	if (ptrace(PTRACE_GETEVENTMSG, held, NULL, &child) ||
	    waitpid(child, &status, __WALL) != (pid_t)child || !WIFSTOPPED(status))
		bail_out("the VMM's child cannot be held: %s", strerror(errno));
	vmm_go_on();
	held = child;
}

void vmm_kill(void)
{
	int status;

	kill(held, SIGKILL);
	while (waitpid(held, &status, __WALL) == held && WIFSTOPPED(status))
		;
	if (held == pid)
		close(from);
}

void vmm_go_on(void)
{
	if (ptrace(PTRACE_DETACH, held, NULL, NULL))
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

/* The number of the first descriptor of a process for which @is holds, and where /proc shows it */
static int find_fd(pid_t of, bool (*is)(const char *path, const void *arg), const void *arg,
		   char path[320])
{
	char dir_path[64];
	struct dirent *e;
	int found = -1;
	DIR *dir;

	snprintf(dir_path, sizeof(dir_path), "/proc/%d/fd", of);
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

	if (find_fd(pid, is_memory, &size, path) < 0)
		bail_out("the VMM has no memory of %llu bytes", size);
	fd = must_open(path, O_RDWR);
	memory = must_map(fd, size, 0, "the guest's memory");
	close(fd);
	return memory;
}

/* @name: a part of the name that /proc shows */
static int copy_fd(pid_t of, const char *name)
{
	int number, fd, pidfd = syscall(SYS_pidfd_open, of, 0);
	char path[320];

	number = find_fd(of, is_named, name, path);
	fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd < 0)
		bail_out("the VMM's %s: %s", name, strerror(errno));
	close(pidfd);
	return fd;
}

int vmm_copy_fd(const char *name)
{
	return copy_fd(pid, name);
}

int vmm_copy_held_fd(const char *name)
{
	return copy_fd(held, name);
}

/* -- its environment -- */

bool vmm_has_variable(const char *name, const char *value)
{
	char path[64], *line = NULL;
	size_t room = 0, n = strlen(name);
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	f = fopen(path, "re");
	while (f && !found && getdelim(&line, &room, '\0', f) > 0)
		found = !strncmp(line, name, n) && line[n] == '=' && !strcmp(line + n + 1, value);
	if (f)
		fclose(f);
	free(line);
	return found;
}
