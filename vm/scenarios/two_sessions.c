// SPDX-License-Identifier: GPL-2.0
/* Two VMs, each with an iommufd, a NIC and a session of its own, in one update. */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 2);
}

SCENARIO(.name = "two_sessions", .nics = "igb,igb", .timeout = 120,
	 .before = before, .after = story_after);
