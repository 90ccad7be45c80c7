// SPDX-License-Identifier: GPL-2.0
/*
 * The new kernel runs with iommu=pt, the old one did not: what the new kernel would give the
 * NIC by itself is no table at all, and the NIC keeps the one it came with.
 */
#include "scenario.h"
#include "story/shape.h"
#include "story/story.h"

static void check(void)
{
	shape_group_is("DMA-FQ");
}

static void before(void)
{
	shape_before(check);
}

static void after(void)
{
	story_after();
	shape_group_is("identity");
}

SCENARIO(.name = "passthrough_next", .cmdline2 = "iommu=pt",
	 .before = before, .after = after);
