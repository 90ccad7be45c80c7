/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_RULES_H
#define VM_RUNNER_RULES_H

#include "figures.h"

/* One sentence that a run must make true. @why has room for WHY_SIZE and starts empty. */
#define WHY_SIZE 256

struct rule {
	const char *name;
	bool (*holds)(const struct run *r, const struct totals *t, char *why);
};

/* Calls @each for every rule that applies to the run; true if all of them held. */
typedef void (*rule_sink)(void *arg, const char *name, bool held, const char *why);
bool rules_judge(const struct run *r, rule_sink each, void *arg);

/*
 * Nothing is wrong but how long things took: so it is when somebody else uses the processors.
 * Somebody who holds frames back does so the next time, too.
 */

/* The same for the NICs that do not go on. */
bool rules_judge_others(const struct run *r, rule_sink each, void *arg);

#endif /* VM_RUNNER_RULES_H */
