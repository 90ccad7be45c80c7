// SPDX-License-Identifier: GPL-2.0
/*
 * One igb whose HWPT is a first-stage table: another page-table format.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/shape.h"
#include "story/story.h"

static void check(void)
{
	shape_is_scalable(true);
	shape_is_first_stage();
}

static void before(void)
{
	shape_before(check);
}

SCENARIO(.name = "first_stage", .iommu = "x-flts=on", .before = before, .after = story_after);
