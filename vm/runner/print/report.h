/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_REPORT_H
#define VM_RUNNER_REPORT_H

#include "core/run.h"

/* Write report.json; true if the run passes. */
bool report_write(const struct run *r);

#endif /* VM_RUNNER_REPORT_H */
