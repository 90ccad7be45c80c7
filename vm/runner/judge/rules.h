/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_RULES_H
#define VM_RUNNER_RULES_H

#include "core/run.h"

/* The reason of a rule's result; it has room for WHY_SIZE bytes and starts empty. */
#define WHY_SIZE 256
#define WHY(...) snprintf(why, WHY_SIZE, __VA_ARGS__)

/* A sentence that must be true of a run, and the function that finds out whether it is. */
struct rule {
	const char *name;
	bool (*holds)(const struct run *r, char *why);
};

/* Calls @each for every rule that applies to the run; true if all of them hold. */
typedef void (*rule_sink)(void *arg, const char *name, bool holds, const char *why);
bool rules_judge(const struct run *r, rule_sink each, void *arg);

/* The same for the devices that do not stay preserved. */
bool rules_judge_roles(const struct run *r, rule_sink each, void *arg);

/* The same for the devices outside the emulator. */
bool rules_judge_outside(const struct run *r, rule_sink each, void *arg);

/* The same for the page requests of one of them */
bool rules_judge_page_requests(const struct run *r, rule_sink each, void *arg);

/* The same for a guest that sends. */
bool rules_judge_guest(const struct run *r, rule_sink each, void *arg);

#endif /* VM_RUNNER_RULES_H */
