// SPDX-License-Identifier: GPL-2.0
/*
 * 8 GiB of memory: ring, buffers and tables lie above 4 GiB.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_has_high_memory();
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "machine_eight_gib", .mem = 8192, .before = before, .after = story_after);
