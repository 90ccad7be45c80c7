// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs, each with its own iommufd, NIC and session, in one update.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 2);
}

SCENARIO(.name = "two_sessions", .nics = "igb,igb", .timeout = 120,
	 .before = before, .after = story_after);
