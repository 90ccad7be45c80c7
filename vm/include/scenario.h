/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scenario: one story across the kexec, told by one file in vm/scenarios.
 *
 * The machine it needs is data (scenario_fields.h), which the runner reads through
 * `init --needs NAME`. before() runs in the first kernel and ends in a kexec; after() runs
 * in each kernel that follows (lu.stage tells which) and the last one ends the run. A
 * scenario without after() never leaves the first kernel.
 *
 * Invariant: fields left out of SCENARIO() mean "the usual machine": one igb behind a root
 * port of its own, 1 GiB, two CPUs, one update, the patched kernel, no frame lost. The
 * memory of the guard (see below) is kept away from the kernel in every scenario.
 */
#ifndef VM_SCENARIO_H
#define VM_SCENARIO_H

#include <stdbool.h>

#include "scenario_fields.h"

#define SCENARIO_TEXT(name, size, usual)	const char *name;
#define SCENARIO_NUMBER(name, usual)		int name;
#define SCENARIO_FLAG(name)			bool name;

struct scenario {
	const char *name;	/* the file name without .c */
	SCENARIO_FIELDS(SCENARIO_TEXT, SCENARIO_NUMBER, SCENARIO_FLAG)
	void (*before)(void);
	void (*after)(void);
	void (*vmm)(void);	/* the program /usr/bin/vmm; does not return */
};

/*
 * The receive rings are mapped at IOVAs whose physical addresses the kernel keeps its
 * hands off, so that a guard pattern there shows every write that was not translated.
 */
#define SCENARIO_GUARD_BASE	0x20000000ull
#define SCENARIO_GUARD_CMDLINE	"memmap=64M$0x20000000"

#define SCENARIO_POINTER(s) \
	static const struct scenario *const s##_entry \
		__attribute__((used, section("scenarios"))) = &(s)

/* Defines and registers the scenario; the fields follow as designated initialisers. */
#define SCENARIO(...)							\
	static const struct scenario scenario_here = { __VA_ARGS__ };	\
	SCENARIO_POINTER(scenario_here)

#endif /* VM_SCENARIO_H */
