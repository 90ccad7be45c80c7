// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel uses interrupt remapping in another mode: without x2APIC. It has to turn remapping
 * off to change the mode, and without remapping a preserved device could send any interrupt. It
 * stops the NIC first, then it boots as usual. The session can be discarded, and the NIC is an
 * ordinary device.
 *
 * promise: 6
 * red when: devices are quiesced before remapping goes off (`iommu_liveupdate_reject_early`): the
 *   NIC is bus master, and can be retrieved
 */
#include "scenario.h"
#include "story/story.h"

static void after(void)
{
	story_arrive();
	story_isolated("interrupt remapping goes off: isolating all incoming devices");
}

SCENARIO(.name = "x2apic_off_next", .cmdline = "lu.rate=300", .cmdline2 = "nox2apic",
	 .iommu = "eim=on", .discarded = "0", .platform = "vtd",
	 .before = story_before_discard, .after = after);
