// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU is in legacy mode: context entries point to the table, there are no PASID entries.
 *
 * promise: 1
 */
#include "iommu/vtd.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	vtd_is_scalable(false);
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "legacy_mode", .platform = "vtd", .iommu = "scalable-mode=off",
	 .before = before, .after = story_after);
