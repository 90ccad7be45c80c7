/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_TIMELINE_H
#define VM_RUNNER_TIMELINE_H

#include "core/run.h"

/* Write events.log: marks of the kernels and events of the emulator in one order. */
void timeline_write(const struct run *r);

#endif /* VM_RUNNER_TIMELINE_H */
