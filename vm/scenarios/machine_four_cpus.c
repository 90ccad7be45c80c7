// SPDX-License-Identifier: GPL-2.0
/*
 * Four CPUs: three of them are stopped for the kexec and come up again.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_has_cpus(4);
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "machine_four_cpus", .smp = 4, .before = before, .after = story_after);
