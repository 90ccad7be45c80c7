/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_HOST_OPTIONS_H
#define VM_HOST_OPTIONS_H

#include "run.h"

void options_parse(struct options *opt, int argc, char **argv);

#endif /* VM_HOST_OPTIONS_H */
