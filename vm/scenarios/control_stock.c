// SPDX-License-Identifier: GPL-2.0
/*
 * Negative control: the unpatched kernel. It keeps the memory but not the IOMMU, clears bus
 * mastering and resets the device; frames must be lost.
 */
#include "scenario.h"
#include "story.h"

static void before(void)
{
	static const struct vm_shape vm = { .session = "vm0", .nnics = 1, .nspaces = 1 };

	story_before(&vm, 1);
}

SCENARIO(.name = "control_stock", .kernel = "stock", .expect_lost = true,
	 .before = before, .after = story_after);
