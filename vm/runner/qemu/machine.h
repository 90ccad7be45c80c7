/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_MACHINE_H
#define VM_RUNNER_MACHINE_H

#include "core/run.h"

/* Boot the machine and serve it until it has ended, one way or another; fills @l. */
void machine_run(const struct run *r, struct live *l, const char *kernel, const char *initrd);

#endif /* VM_RUNNER_MACHINE_H */
