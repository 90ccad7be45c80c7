/* SPDX-License-Identifier: GPL-2.0 */
/* The emulator's pulse. See pulse.c. */
#ifndef VM_RUNNER_PULSE_H
#define VM_RUNNER_PULSE_H

#include "core/run.h"

void pulse_open(struct pulse *p);
void pulse_start(struct pulse *p);
void pulse_stop(struct pulse *p);
void pulse_last_words(struct pulse *p, const char *path);
int64_t pulse_missed(const struct pulse *p, int64_t from, int64_t to);

#endif /* VM_RUNNER_PULSE_H */
