// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that cannot open /dev/liveupdate, since an agent has it open. The agent creates the
 * session in the previous kernel, retrieves it in the next kernel, and passes it through a socket
 * both times; then the agent can exit, in the next kernel by SIGKILL. The VMM is this process, the
 * agent a child of it.
 *
 * promise: library
 * red when: a session that is handed over is used (`iolu_vm_set_session_fd`): the VM cannot be
 *   saved, the agent has `/dev/liveupdate` open
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kapi/luo.h"
#include "lib/library.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define HELD	"/dev/liveupdate is open in another process: get a session from that process"

struct agent {
	pid_t pid;
	int socket;
	int session;		/* as it was handed over */
};

/* A message of one byte that carries a descriptor */
struct parcel {
	struct msghdr msg;
	struct iovec io;
	char byte;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
};

static void pack(struct parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->io = (struct iovec){ &parcel->byte, 1 };
	parcel->msg = (struct msghdr){
		.msg_iov = &parcel->io, .msg_iovlen = 1,
		.msg_control = parcel->control.room,
		.msg_controllen = sizeof(parcel->control.room),
	};
}

static void send_fd(int socket, int fd)
{
	struct parcel parcel;

	pack(&parcel);
	parcel.control.head = (struct cmsghdr){
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(fd)),
	};
	memcpy(CMSG_DATA(&parcel.control.head), &fd, sizeof(fd));
	sendmsg(socket, &parcel.msg, 0);
}

static int receive_fd(int socket)
{
	struct parcel parcel;
	int fd;

	pack(&parcel);
	if (recvmsg(socket, &parcel.msg, MSG_CMSG_CLOEXEC) != 1 ||
	    parcel.control.head.cmsg_type != SCM_RIGHTS)
		bail_out("the agent handed nothing over: %s", strerror(errno));
	memcpy(&fd, CMSG_DATA(&parcel.control.head), sizeof(fd));
	return fd;
}

/* It holds the device and the session until the socket is closed. */
static struct agent start_agent(int (*get_session)(const char *name))
{
	struct agent agent;
	int ends[2];
	char byte;

	luo_let_go();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		bail_out("no pair of sockets: %s", strerror(errno));
	agent = (struct agent){ .pid = fork(), .socket = ends[0] };
	if (!agent.pid) {
		close(ends[0]);
		send_fd(ends[1], get_session(state_get()->vm[0].session));
		while (read(ends[1], &byte, 1) > 0)
			;
		_exit(0);
	}
	close(ends[1]);
	agent.session = receive_fd(agent.socket);
	return agent;
}

static void end_agent(const struct agent *agent, int signal)
{
	int status;

	if (signal)
		kill(agent->pid, signal);
	close(agent->socket);
	if (waitpid(agent->pid, &status, 0) != agent->pid)
		bail_out("the agent cannot be waited for: %s", strerror(errno));
}

/* Of all that opens a way to LUO the VMM gets this descriptor only. */
static void take_session(struct iolu_vm *vm, const struct agent *agent)
{
	lib_must(vm, iolu_vm_set_session_fd(vm, agent->session),
		 "the VMM takes the session that it was handed");
	close(agent->session);
}

static void before(void)
{
	struct agent agent;
	struct iolu_vm *vm;

	lib_plan(state_create(), 1);
	vm = lib_build(0);
	lib_show(vm, 0);
	lib_receive(1);
	agent = start_agent(luo_create);
	lib_refuses(vm, iolu_vm_save(vm), EBUSY, HELD, "alone the VMM cannot save");
	take_session(vm, &agent);
	mark("preserve.begin");
	lib_must(vm, iolu_vm_save(vm), "with it one call saves the VM");
	mark("preserve.end");
	end_agent(&agent, 0);
	tables_record();
	story_leave();
}

static void after(void)
{
	struct agent agent;
	struct iolu_vm *vm;

	story_arrive();
	vm = lib_new(0);
	agent = start_agent(luo_retrieve);
	lib_refuses(vm, iolu_vm_restore(vm), EBUSY, HELD, "alone the VMM cannot restore");
	take_session(vm, &agent);
	mark("retrieve.begin");
	lib_must(vm, iolu_vm_retrieve(vm), "with it the VM is retrieved");
	mark("retrieve.end");
	end_agent(&agent, SIGKILL);
	lib_must(vm, iolu_vm_restore(vm), "and restored when the agent is dead");
	lib_show(vm, 0);
	ok(vm_interrupt_arrives(&story_vm(0)->device[0]), "its interrupts arrive", "none");
	tables_compare("after adoption");
	mark("finish.begin");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	lib_refuses(vm, iolu_vm_discard(vm), EBUSY, "not part of an unfinished update",
		    "and is gone from the handle");
	story_traffic("lu.post");
	story_judge();
}

SCENARIO(.name = "library_handed_session", .cmdline = "lu.rate=300", .timeout = 90,
	 .before = before, .after = after);
