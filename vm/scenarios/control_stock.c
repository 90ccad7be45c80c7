// SPDX-License-Identifier: GPL-2.0
/*
 * Negative control: the unpatched kernel. It keeps memory but not the IOMMU, clears bus mastering
 * and resets the device; frames must be lost.
 *
 * promise: control, mismatch
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "control_stock", .kernel = "stock", .expect_lost = true,
	 .before = before, .after = story_after);
