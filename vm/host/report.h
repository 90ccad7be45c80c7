/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_HOST_REPORT_H
#define VM_HOST_REPORT_H

#include "run.h"

/* Writes report.json; true if the promises hold. */
bool report_write(const struct run *r);

#endif /* VM_HOST_REPORT_H */
