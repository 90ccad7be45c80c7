/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_NEEDS_H
#define VM_RUNNER_NEEDS_H

#include <stdbool.h>

#include "options.h"
#include "scenario_fields.h"

#define MAX_DEVICES	5
#define MAX_BRIDGES	2	/* a root port, and the upstream port of a switch */

/* The part of a device in a scenario; each is judged by rules of its own. */
enum device_role {
	ROLE_PRESERVED,
	ROLE_LEFT_BEHIND,	/* not preserved: the previous kernel quiesces it */
	ROLE_IDLE,		/* not used in any kernel */
	ROLE_ROGUE,		/* not preserved, and it keeps attempting DMA */
	ROLE_HOSTILE,		/* preserved, and its DMA goes to the interrupt range */
	ROLE_DISCARDED,		/* preserved, then isolated or discarded by the next kernel */
	ROLES
};

struct device_needs {
	char model[32];
	int bridges;		/* above it: none, a root port, or also a switch */
	bool virtual;		/* a virtual function of the last device before that is none */
	bool beside;		/* another function of the last device before that is none */
	bool ats_required;	/* by a table of the firmware that is the scenario's own */
	enum device_role role;
};

#define NEEDS_TEXT(name, size, usual)	char name[size];
#define NEEDS_NUMBER(name, usual)	int name;
#define NEEDS_FLAG(name)		bool name;

/*
 * The machine that a scenario needs: the fields of scenario_fields.h as `init --needs NAME`
 * prints them, with the options of the command line applied. Constant from then on.
 */
struct needs {
	SCENARIO_FIELDS(NEEDS_TEXT, NEEDS_NUMBER, NEEDS_FLAG)
	struct device_needs device[MAX_DEVICES];	/* from the fields that list NICs */
	int ndevices;
	bool debug;		/* the debug kernel, for whatever reason */
};

/* The first function of the slot or the physical function of device @i; @i itself if it is that. */
int needs_first(const struct needs *needs, int i);

/* Ask the program @init for the needs of the scenario in @opt, and apply @opt to them. */
void needs_read(struct needs *needs, const char *init, const struct options *opt,
		const char *platform);

#endif /* VM_RUNNER_NEEDS_H */
