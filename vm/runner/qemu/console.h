/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_CONSOLE_H
#define VM_RUNNER_CONSOLE_H

#include <stdio.h>

#include "core/run.h"

/* All kernels write to one serial line; a new kernel starts with its banner. */
struct console {
	const struct run *run;
	struct live *live;
	FILE *all;
	FILE *part;
	int kernel;		/* 0: firmware, before the first banner */
};

void console_open(struct console *c, const struct run *r, struct live *l);
void console_line(struct console *c, const char *line, int64_t arrived);
void console_close(struct console *c);

#endif /* VM_RUNNER_CONSOLE_H */
