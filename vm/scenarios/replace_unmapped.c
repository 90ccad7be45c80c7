// SPDX-License-Identifier: GPL-2.0
/*
 * A third NIC moves to a table of the next kernel, and then its memory is unmapped: it cannot write
 * any more, so it is the new table that the IOMMU uses. The others do as in replace.c. The emulated
 * AMD-Vi logs faults without their device.
 *
 * promise: 1, 8
 * red when: the entry keeps the old table (the store of `intel_lu_switch_second`): the third NIC
 *   writes 660 frames after its memory was unmapped
 */
#include "scenario.h"
#include "story/replace.h"
#include "story/story.h"

static void judge_third_here(void)
{
	story_discard_from(1);
}

static void before(void)
{
	replace_before(2, judge_third_here);
}

SCENARIO(.name = "replace_unmapped", .platform = "vtd", .nics = "igb,igb,igb",
	 .discarded = "2", .cmdline = "lu.rate=300", .timeout = 150,
	 .before = before, .after = replace_after);
