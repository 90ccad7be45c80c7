/* SPDX-License-Identifier: GPL-2.0 */
/* One clock for marks, frames and trace events: CLOCK_MONOTONIC of the build machine, ns. */
#ifndef VM_RUNNER_CLOCK_H
#define VM_RUNNER_CLOCK_H

#include "core/live.h"

void clock_start(struct live *l);

/* The time of a trace event, from its CLOCK_REALTIME */
int64_t clock_from_real(const struct live *l, int64_t real);

/* Compute .t of every mark, once all of them are known. */
void clock_fit(struct live *l);

#endif /* VM_RUNNER_CLOCK_H */
