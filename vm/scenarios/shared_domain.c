// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs attached to one HWPT: one table, one domain id, two entries.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	static const struct vm_shape vm = { .session = "vm0", .ndevices = 2, .nspaces = 1 };

	story_before(&vm, 1);
}

SCENARIO(.name = "shared_domain", .nics = "igb,igb", .timeout = 120,
	 .before = before, .after = story_after);
