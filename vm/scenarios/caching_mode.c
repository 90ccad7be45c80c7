// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU caches non-present entries (caching mode), as an IOMMU emulated for a guest does.
 *
 * promise: 1
 */
#include "iommu/vtd.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	vtd_is_caching();
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "caching_mode", .platform = "vtd", .iommu = "caching-mode=on",
	 .before = before, .after = story_after);
