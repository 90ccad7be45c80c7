/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_QEMU_H
#define VM_RUNNER_QEMU_H

#include <sys/types.h>

#include "core/run.h"

struct qemu {
	pid_t pid;
	int pidfd;
	int channel;		/* read end: what the guest says on the debug port */
	int serial;		/* read end: the console */
};

void qemu_start(struct qemu *q, struct run *r, const char *kernel, const char *initrd);
int qemu_wait(struct qemu *q);
char *qemu_last_words(const struct run *r);

#endif /* VM_RUNNER_QEMU_H */
