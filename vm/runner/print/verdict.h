/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_VERDICT_H
#define VM_RUNNER_VERDICT_H

#include "core/run.h"

/* Prints the run's end (TAP, or table and verdict with --story); true if the promises hold. */
bool verdict_print(const struct run *r);
char *verdict_line(const struct run *r, bool good);
const char *number(char *buf, int64_t n);

#define NUMBER_SIZE 32

#endif /* VM_RUNNER_VERDICT_H */
