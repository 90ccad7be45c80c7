// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Run one vCPU in a thread of its own, and stop it.
 *
 * Invariant: a stopped vCPU has no instruction in progress. KVM completes an instruction that
 * userspace emulated only at the next KVM_RUN. The loop therefore always enters KVM_RUN once
 * more, and ends by EINTR only. Otherwise an OUT would be repeated after the update.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board.h"
#include "machine.h"
#include "vcpu.h"

#define KICK	SIGRTMIN	/* makes KVM_RUN return; nothing else is done about it */

static void on_kick(int signal)
{
	(void)signal;
}

void vcpu_open(struct vcpu *cpu, const struct machine *m)
{
	const struct sigaction kick = { .sa_handler = on_kick };
	int size = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	sigaction(KICK, &kick, NULL);
	cpu->fd = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	if (cpu->fd < 0 || size < 0)
		die("KVM cannot create a vCPU: %s", strerror(errno));
	cpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0);
	if (cpu->run == MAP_FAILED)
		die("the vCPU cannot be mapped: %s", strerror(errno));
}

static void show(const volatile struct kvm_run *run)
{
	const uint8_t *bytes = (const uint8_t *)run + run->io.data_offset;

	if (write(STDOUT_FILENO, bytes, run->io.count) < 0)
		die("the console of the guest cannot be written: %s", strerror(errno));
}

static void on_exit_of_guest(const volatile struct kvm_run *run)
{
	if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT &&
	    run->io.port == BOARD_CONSOLE && run->io.size == 1)
		show(run);
	else if (run->exit_reason == KVM_EXIT_IO)
		die("the guest accesses port %#x, which does not exist", run->io.port);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		die("the guest accesses %#llx, where nothing is",
		    (unsigned long long)run->mmio.phys_addr);
	else if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		die("KVM cannot run the guest: error %u", run->internal.suberror);
	else
		die("the guest has failed, exit reason %u", run->exit_reason);
}

static void *run_it(void *arg)
{
	struct vcpu *cpu = arg;

	for (;;) {
		if (!ioctl(cpu->fd, KVM_RUN, 0))
			on_exit_of_guest(cpu->run);
		else if (errno != EINTR)
			die("KVM cannot run the vCPU: %s", strerror(errno));
		else if (cpu->run->immediate_exit)
			return NULL;
	}
}

void vcpu_start(struct vcpu *cpu)
{
	int rc;

	cpu->run->immediate_exit = 0;
	rc = pthread_create(&cpu->thread, NULL, run_it, cpu);
	if (rc)
		die("the thread of the vCPU cannot be created: %s", strerror(rc));
}

/* The flag stops a thread that is about to enter KVM_RUN, the signal one that is inside. */
void vcpu_stop(struct vcpu *cpu)
{
	cpu->run->immediate_exit = 1;
	pthread_kill(cpu->thread, KICK);
	pthread_join(cpu->thread, NULL);
}
