/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_VERDICT_H
#define VM_RUNNER_VERDICT_H

#include "core/run.h"

/* Print the result (TAP, or table and verdict with --story); true if the run passes. */
bool verdict_print(const struct run *r);

/* One line that says it all */
char *verdict_line(const struct run *r, bool good);

/* 1234567 as "1 234 567" */
const char *number(char *buf, int64_t n);

#define NUMBER_SIZE 32

#endif /* VM_RUNNER_VERDICT_H */
