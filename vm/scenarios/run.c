// SPDX-License-Identifier: GPL-2.0
/* The main job: one igb receives while the kernel under it is replaced, no frame is lost. */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "run", .before = before, .after = story_after);
