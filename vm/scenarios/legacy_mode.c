// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU is in legacy mode: context entries point to the table, there are no PASID entries.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/shape.h"
#include "story/story.h"

static void check(void)
{
	shape_is_scalable(false);
}

static void before(void)
{
	shape_before(check);
}

SCENARIO(.name = "legacy_mode", .iommu = "x-scalable-mode=off",
	 .before = before, .after = story_after);
