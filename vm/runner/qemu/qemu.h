/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_QEMU_H
#define VM_RUNNER_QEMU_H

#include <sys/types.h>

#include "core/run.h"

struct qemu {
	pid_t pid;
	int pidfd;
	int channel;		/* read end: the debug port */
	int serial;		/* read end: the console */
};

const char *qemu_program(void);	/* its path */

/* Start the emulator, and close the emulator's ends of the sockets of senders and pulse. */
void qemu_start(struct qemu *q, const struct run *r, const char *kernel, const char *initrd);
int qemu_wait(struct qemu *q);

/* The last line that the emulator itself wrote, to explain why it did not start */
char *qemu_last_message(const struct run *r);

#endif /* VM_RUNNER_QEMU_H */
