// SPDX-License-Identifier: GPL-2.0
/*
 * Both kernels flush the IOTLB with every unmap instead of in batches.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_group_is("DMA");
}

static void before(void)
{
	machine_before(check);
}

static void after(void)
{
	story_after();
	check();
}

SCENARIO(.name = "strict", .cmdline = "iommu.strict=1", .before = before, .after = after);
