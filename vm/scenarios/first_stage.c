// SPDX-License-Identifier: GPL-2.0
/*
 * One igb whose HWPT is a first-stage table: another page-table format.
 *
 * promise: 1
 */
#include "iommu/vtd.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	vtd_is_scalable(true);
	machine_is_first_stage();
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "first_stage", .platform = "vtd", .iommu = "fsts=on",
	 .before = before, .after = story_after);
