/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_CHANNEL_H
#define VM_RUNNER_CHANNEL_H

#include "core/run.h"

/* Handle one line that the kernel under test wrote to the debug port. */
void channel_line(const struct run *r, struct live *l, char *line, int64_t arrived);

#endif /* VM_RUNNER_CHANNEL_H */
