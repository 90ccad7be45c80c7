// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel has the IOMMU off on its command line: it turns translation off, and first stops
 * the devices that the previous kernel left running. Its log says which kind of IOMMU the records
 * are about, as it does on a host with the IOMMU of another vendor.
 *
 * promise: 6
 */
#include <stdio.h>

#include "iommu/platform.h"
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
	char words[64];

	ok(!on, "translation is off", "it is on");
	snprintf(words, sizeof(words), "this kernel uses no such IOMMU (kind %u)",
		 platform()->record_kind);
	ok(klog_said(words), "the log has the kind of IOMMU that is not used",
	   "it lacks \"%s\"", words);
	story_stopped();
}

SCENARIO(.name = "iommu_off_next", .cmdline2 = IOMMU_OFF, .expect_lost = true,
	 .before = before, .after = after);
