// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb save. QEMU's own process keeps QEMU's descriptors and waits; a child puts the VM into a
 * session and holds that. When the child ends, its session is closed, which undoes all, and QEMU
 * is executed with the state that it left. The child never outlives its parent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/liveupdate.h>

#include "cpr.h"

/* -- the child -- */

static int read_state(struct cpr *cpr, int number)
{
	uint8_t *bytes;
	size_t size;
	int rc = cpr_read_fd(number, &bytes, &size);

	if (!rc)
		rc = cpr_parse(cpr, bytes, size);
	free(bytes);
	return rc;
}

/* A session that `iolu unpreserve` has emptied takes no files; others have no file -1. */
static void await_unpreserve(int session)
{
	struct liveupdate_session_preserve_fd arg = { .size = sizeof(arg), .fd = -1 };
	const struct timespec wait = { .tv_nsec = 100000000 };

	do {
		nanosleep(&wait, NULL);
	} while (ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg) && errno != ECANCELED);
}

static int save(const struct cpr_call *call, int number, int session)
{
	struct cpr *cpr = malloc(sizeof(*cpr));
	struct iolu_vm *vm;
	int rc;

	if (!cpr)
		return cpr_fail(1, "no memory for the table");
	rc = read_state(cpr, number);
	if (!rc && iolu_vm_new(call->name, &vm))
		rc = cpr_fail(-EINVAL, "\"%s\" is not a name", call->name);
	if (!rc && session >= 0)
		rc = cpr_check(vm, iolu_vm_set_session_fd(vm, session));
	if (!rc)
		rc = cpr_put(vm, cpr, call);
	if (rc)
		return 1;
	cpr_say("saved");
	await_unpreserve(iolu_vm_session_fd(vm));
	cpr_say("session \"%s\" is unpreserved", call->name);
	return 0;
}

/* -- QEMU's own process -- */

static pid_t fork_save(const struct cpr_call *call, int number, int session)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(getppid() == parent ? save(call, number, session) : 1);
}

static void block(sigset_t *set, sigset_t *before)
{
	const struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };

	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(set);
	sigaddset(set, SIGUSR2);
	sigaddset(set, SIGCHLD);
	sigprocmask(SIG_BLOCK, set, before);
}

static bool still_preserved(int iommufd)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q) };

	for (; !ioctl(iommufd, IOMMU_LIVEUPDATE_QUERY, &q); q.index++)
		if (q.out_state == IOMMU_LIVEUPDATE_PRESERVED)
			return true;
	return false;
}

/* systemd closes the session some time after its store. */
static void await_unpreserved(struct cpr *cpr)
{
	const struct timespec wait = { .tv_nsec = 10000000 };
	const struct cpr_fd *iommufd = cpr_find(cpr, CPR_IOMMUFD, NULL, 0);
	unsigned int left = 1000;

	while (iommufd && still_preserved(iommufd->fd) && left--)
		nanosleep(&wait, NULL);
}

/* Afterwards QEMU can continue, with these @commands in its devices. */
static void undo(int number, bool in_store, struct cpr_commands *commands)
{
	struct cpr *cpr = malloc(sizeof(*cpr));

	if (in_store)
		cpr_drop_session();
	if (cpr && !read_state(cpr, number)) {
		cpr_find_kinds(cpr);
		cpr_read_commands(cpr, commands);
		cpr_signal(cpr);
		if (in_store)
			await_unpreserved(cpr);
	}
	free(cpr);
}

/* Until the @child has ended, or is ended by SIGUSR2. QEMU may have other children that end. */
static bool is_called_off(pid_t child, const sigset_t *set)
{
	int signal;

	do {
		sigwait(set, &signal);
		if (signal != SIGUSR2)
			continue;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return true;
	} while (!waitpid(child, NULL, WNOHANG));
	return false;
}

/* Returns when QEMU is to continue. */
static void save_and_wait(const struct cpr_call *call, int number, int session,
			  const sigset_t *set)
{
	pid_t child = fork_save(call, number, session);

	if (session >= 0)
		close(session);
	if (child < 0) {
		cpr_fail(-errno, "no process: %s", strerror(errno));
		return;
	}
	cpr_say(is_called_off(child, set) ? "called off" : "not saved, QEMU continues");
}

static bool was_running(const struct cpr_call *call)
{
	uint8_t *bytes;
	size_t size;
	bool ran = cpr_read_file(call->stream, &bytes, &size) ||
		   cpr_was_running(bytes, size);

	free(bytes);
	return ran;
}

/* The VM is in this process only: so it does not end if QEMU cannot be executed. */
static void start_again(const struct cpr_call *call, int number,
			const struct cpr_commands *commands, const sigset_t *set,
			const sigset_t *before)
{
	bool ran = was_running(call);
	char incoming[4096 + 8];
	int signal;

	snprintf(incoming, sizeof(incoming), "file:%s", call->stream);
	for (;;) {
		lseek(number, 0, SEEK_SET);
		sigprocmask(SIG_SETMASK, before, NULL);
		cpr_start(call, incoming, NULL, commands, ran);
		sigprocmask(SIG_BLOCK, set, NULL);
		cpr_say("the VM is kept: SIGUSR2 tries again");
		do {
			sigwait(set, &signal);
		} while (signal != SIGUSR2);
	}
}

int cpr_save(struct cpr_call *call)
{
	const char *number = getenv(CPR_ENV);
	struct cpr_commands commands = { 0 };
	sigset_t set, before;
	int session;

	if (!number)
		return !!cpr_fail(-EINVAL, "%s is not set: save is run by QEMU, as its "
				  "cpr-exec-command", CPR_ENV);
	call->stopped = cpr_time_of(call->stream);
	block(&set, &before);
	session = cpr_new_session();
	if (session >= 0 || session == -ENOENT)
		save_and_wait(call, atoi(number), session, &set);
	undo(atoi(number), session >= 0, &commands);
	start_again(call, atoi(number), &commands, &set, &before);
	return 1;
}
