/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_CLOCK_H
#define VM_RUNNER_CLOCK_H

#include "core/run.h"

void clock_start(struct run *r);
void clock_fit(struct run *r);
int64_t clock_from_real(const struct run *r, int64_t real);

#endif /* VM_RUNNER_CLOCK_H */
