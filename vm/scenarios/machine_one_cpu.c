// SPDX-License-Identifier: GPL-2.0
/*
 * One CPU: a wait for another CPU would never end.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_has_cpus(1);
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "machine_one_cpu", .smp = 1, .before = before, .after = story_after);
