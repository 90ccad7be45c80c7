// SPDX-License-Identifier: GPL-2.0
/*
 * The NIC is on the root bus; no bridge has to be preserved for it.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_bridges(0);
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "machine_root_bus", .nics = "root:igb", .before = before, .after = story_after);
