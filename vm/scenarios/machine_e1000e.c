// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario run with the other NIC model: e1000e has legacy descriptors and no real reset.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "machine_e1000e", .nics = "e1000e", .before = before, .after = story_after);
