// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel has the feature, but live update is off on its command line: it cannot know
 * which devices the IOMMU translates for. With iommu=pt its own domain for the NIC would be all of
 * memory, and the previous kernel left the NIC running. The NIC is stopped before that.
 *
 * promise: 6
 * red when: a kernel in which LUO is off stops all devices (`iommu_liveupdate_quiesce` in
 *   `iommu_lu_fetch_incoming`): bus master on arrival, 574,317 faults, then the NIC read all
 *   memory
 */
#include "iommu/platform.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void after(void)
{
	bool on = platform()->translating();

	ok(!luo_present(), "there is no live update device", "there is");
	ok(on, "translation has stayed on", "it is off");
	ok(klog_says("no valid unit record: isolating all devices of this unit"),
	   "the kernel says that it isolated unknown devices", "it does not");
	story_stopped();
}

SCENARIO(.name = "live_update_off_next", .cmdline2 = "liveupdate=off iommu=pt",
	 .expect_lost = true, .before = before, .after = after);
