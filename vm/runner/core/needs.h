/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_NEEDS_H
#define VM_RUNNER_NEEDS_H

#include "run.h"

void needs_read(struct needs *needs, const char *init, const struct options *opt);

#endif /* VM_RUNNER_NEEDS_H */
