/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_STORY_H
#define VM_RUNNER_STORY_H

#include "core/run.h"

/* While the machine runs: sentences with --story, else only diag lines as TAP comments. */
void story_line(const struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void story_mark(const struct run *r, const struct mark *m);
void story_fact(const struct run *r, const struct fact *f);
void story_diag(const struct run *r, const char *line);
void story_kernel(const struct run *r, int kernel, const char *banner);

#endif /* VM_RUNNER_STORY_H */
