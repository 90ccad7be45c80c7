// SPDX-License-Identifier: GPL-2.0
/*
 * An IOMMU that translates 39 bits: tables of three levels, where the usual machine has four.
 * Emulation offers no table of five levels.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_has_levels(3);
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "three_levels", .platform = "vtd", .iommu = "aw-bits=39",
	 .before = before, .after = story_after);
