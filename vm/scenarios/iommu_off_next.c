// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel has the IOMMU off on its command line: it turns translation off, and first stops
 * the devices that the previous kernel left running.
 *
 * promise: 6
 */
#include "iommu/platform.h"
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

	ok(!on, "translation is off", "it is on");
	story_stopped();
}

SCENARIO(.name = "iommu_off_next", .cmdline2 = IOMMU_OFF, .expect_lost = true,
	 .before = before, .after = after);
