// SPDX-License-Identifier: GPL-2.0
/*
 * The same as replace.c in legacy mode: the context entry points to the table.
 *
 * promise: 1
 * red when: the device moves by the ordinary attach (`intel_liveupdate_attach_device`): 6,217 of 11,304
 *   frames lost, DMA faults between the two tables
 */
#include "iommu/vtd.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/replace.h"

static void check(void)
{
	vtd_is_scalable(false);
}

static void before(void)
{
	replace_before(1, check);
}

SCENARIO(.name = "replace_legacy_mode", .platform = "vtd", .iommu = "scalable-mode=off",
	 .nics = "igb,igb", .cmdline = "lu.rate=300", .timeout = 150,
	 .before = before, .after = replace_after);
