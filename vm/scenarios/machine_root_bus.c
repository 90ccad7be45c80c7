// SPDX-License-Identifier: GPL-2.0
/*
 * The NIC is on the root bus; no bridge has to be preserved for it.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/shape.h"
#include "story/story.h"

static void check(void)
{
	shape_bridges(0);
}

static void before(void)
{
	shape_before(check);
}

SCENARIO(.name = "machine_root_bus", .nics = "root:igb", .before = before, .after = story_after);
