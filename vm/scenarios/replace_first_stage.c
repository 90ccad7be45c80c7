// SPDX-License-Identifier: GPL-2.0
/*
 * The same as replace.c with first-stage tables: domain id and table are in different parts of the
 * PASID entry.
 *
 * promise: 1
 * red when: the device moves by the ordinary attach (`intel_liveupdate_attach_device`): 5,143 of 10,667
 *   frames lost, DMA faults between the two tables
 * red when: the entry keeps the old table (the store of `intel_lu_switch_table`): no frame is lost,
 *   but the entries lead to the table that the NICs have left
 */
#include "scenario.h"
#include "story/machine.h"
#include "story/replace.h"

static void before(void)
{
	replace_before(1, machine_is_first_stage);
}

SCENARIO(.name = "replace_first_stage", .platform = "vtd", .iommu = "fsts=on",
	 .nics = "igb,igb", .cmdline = "lu.rate=300", .timeout = 150,
	 .before = before, .after = replace_after);
