/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_MACHINE_H
#define VM_RUNNER_MACHINE_H

#include "core/run.h"

/* Boots the machine and serves it until it has ended, one way or another: fills r->how. */
void machine_run(struct run *r, const char *kernel, const char *initrd);

#endif /* VM_RUNNER_MACHINE_H */
