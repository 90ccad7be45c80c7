/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_OPTIONS_H
#define VM_RUNNER_OPTIONS_H

#include "run.h"

void options_parse(struct options *opt, int argc, char **argv);

#endif /* VM_RUNNER_OPTIONS_H */
