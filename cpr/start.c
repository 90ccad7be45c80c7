// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU is executed, with one more monitor: a socket to a process beside it. That process knows
 * when QEMU has loaded the state of the machine. In the next kernel the vCPUs do not run before
 * that (-S): as long as the session is not finished nothing of the VM has changed, and the restore
 * can be repeated. Afterwards it cannot, because the guest continues in the same memory.
 *
 * If that process is killed before it has finished the session, QEMU waits with vCPUs that do not
 * run: it is ended, and started again. If it is killed after that, QMP's cont lets them run; a
 * session that is still in systemd's store then is dropped at the next start.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpr.h"

#define LOOK_US	10000

/* -- the process beside QEMU -- */

struct monitor {
	FILE *in;
	int out;
	char *line;
	size_t room;
};

/* The line of the answer; NULL: QEMU has ended, or refuses. Events come between. */
static const char *ask(struct monitor *m, const char *command)
{
	size_t n = strlen(command);

	if (write(m->out, command, n) != (ssize_t)n)
		return NULL;
	while (getline(&m->line, &m->room, m->in) > 0) {
		if (strstr(m->line, "\"return\""))
			return m->line;
		if (strstr(m->line, "\"error\""))
			break;
	}
	return NULL;
}

static bool open_monitor(struct monitor *m, int fd)
{
	*m = (struct monitor){ .in = fdopen(fd, "r"), .out = fd };
	return m->in && ask(m, "{\"execute\":\"qmp_capabilities\"}\n");
}

static bool await_load(struct monitor *m)
{
	const char *status;

	while ((status = ask(m, "{\"execute\":\"query-status\"}\n"))) {
		if (!strstr(status, "\"inmigrate\""))
			return true;
		usleep(LOOK_US);
	}
	return false;
}

static int finish(struct monitor *m, struct iolu_vm *vm, bool run)
{
	int rc = cpr_check(vm, iolu_vm_finish(vm));

	if (rc) {
		ask(m, "{\"execute\":\"quit\"}\n");
		return rc;
	}
	cpr_drop_session();
	if (run && !ask(m, "{\"execute\":\"cont\"}\n"))
		return cpr_fail(-EIO, "QEMU does not let the vCPUs run");
	return 0;
}

static int watch(int fd, const struct cpr_call *call, struct iolu_vm *vm,
		 const struct cpr_commands *commands, bool run)
{
	struct monitor m;

	signal(SIGPIPE, SIG_IGN);
	if (!open_monitor(&m, fd) || !await_load(&m))
		return cpr_fail(1, "QEMU has ended before it had loaded the VM%s",
				vm ? ": the restore can be repeated" : "");
	if (commands)
		cpr_write_commands(commands);
	if (vm && finish(&m, vm, run))
		return 1;
	if (run)
		cpr_say("the VM runs, after %llu ms",
			(unsigned long long)(cpr_now() - call->stopped));
	else
		cpr_say("the VM is paused, as it was");
	return 0;
}

/* A grandchild, since QEMU does not wait for children. */
static bool fork_watch(const int ends[2], const struct cpr_call *call, struct iolu_vm *vm,
		       const struct cpr_commands *commands, bool run)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid) {
		pid = fork();
		if (pid)
			_exit(pid < 0);
		close(ends[1]);
		_exit(watch(ends[0], call, vm, commands, run));
	}
	close(ends[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* -- QEMU -- */

static int execute(const struct cpr_call *call, const char *const *more, size_t n_more)
{
	char **args;
	size_t n = 0;

	while (call->qemu[n])
		n++;
	args = calloc(n + n_more + 1, sizeof(*args));
	if (!args)
		return cpr_fail(-ENOMEM, "no memory for the command line");
	memcpy(args, call->qemu, n * sizeof(*args));
	memcpy(args + n, more, n_more * sizeof(*args));
	execvp(args[0], args);
	free(args);
	return cpr_fail(-errno, "%s: %s", call->qemu[0], strerror(errno));
}

int cpr_start(const struct cpr_call *call, const char *incoming, struct iolu_vm *vm,
	      const struct cpr_commands *commands, bool run)
{
	char socket[64];
	const char *const more[] = {
		"-chardev", socket, "-object", "monitor-qmp,id=iolu-cpr,chardev=iolu-cpr",
		"-incoming", incoming, "-S",
	};
	int ends[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return cpr_fail(-errno, "no sockets: %s", strerror(errno));
	snprintf(socket, sizeof(socket), "socket,id=iolu-cpr,fd=%d", ends[1]);
	if (fork_watch(ends, call, vm, commands, run))
		rc = fcntl(ends[1], F_SETFD, 0) ? -errno : 0;
	else
		rc = cpr_fail(-EAGAIN, "no process beside QEMU");
	if (!rc)
		rc = execute(call, more, sizeof(more) / sizeof(*more) - !vm);
	close(ends[1]);
	return rc;
}
