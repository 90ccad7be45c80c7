// SPDX-License-Identifier: GPL-2.0
/*
 * Negative control: the same kernel and traffic, but no HWPT is marked and only memory is
 * preserved. Frames must be lost; otherwise the scenario run would prove nothing.
 *
 * promise: control
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "control_without_preserve",
	 .cmdline = "lu.without=preserve", .expect_lost = true,
	 .before = before, .after = story_after);
