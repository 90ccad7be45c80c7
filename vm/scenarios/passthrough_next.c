// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel runs with iommu=pt, the previous one did not: the next kernel's own domain for
 * the NIC has no table, and the NIC keeps its restored table.
 *
 * promise: 1
 */
#include "iommu/platform.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_group_is(platform()->domain_type);
}

static void before(void)
{
	machine_before(check);
}

static void after(void)
{
	story_after();
	machine_group_is("identity");
}

SCENARIO(.name = "passthrough_next", .cmdline2 = "iommu=pt",
	 .before = before, .after = after);
