// SPDX-License-Identifier: GPL-2.0
/*
 * The NIC is inside a switch: a root port and the switch's upstream port are preserved with it,
 * and the kernel itself has no use for one of them.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_bridges(2);
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "machine_behind_switch", .nics = "switch:igb", .before = before,
	 .after = story_after);
