/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_CHANNEL_H
#define VM_RUNNER_CHANNEL_H

#include "core/run.h"

void channel_line(struct run *r, char *line, int64_t arrived);

#endif /* VM_RUNNER_CHANNEL_H */
