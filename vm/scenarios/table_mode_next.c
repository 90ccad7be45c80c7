// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel uses tables of another mode, which the unit cannot change while it translates. It
 * stops all devices, waits for their last writes, and turns translation off. The session can be
 * discarded, and the NIC is an ordinary device.
 *
 * promise: 6
 * red when: all devices are quiesced before translation goes off (`iommu_lu_quiesce_all` in
 *   `iommu_liveupdate_keep_translation`): 9 frames are written untranslated, and 18 words of the
 *   guard pattern have changed
 */
#include "scenario.h"
#include "story/story.h"

static void after(void)
{
	story_arrive();
	story_isolated("the mode of the tables has changed: isolating all devices");
	story_judge_guard();
}

SCENARIO(.name = "table_mode_next", .cmdline = "lu.rate=300", .cmdline2 = "intel_iommu=sm_off",
	 .translation_goes_off = true, .discarded = "0", .platform = "vtd",
	 .before = story_before_discard, .after = after);
