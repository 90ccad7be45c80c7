// SPDX-License-Identifier: GPL-2.0
/*
 * A third NIC moves to a table of the next kernel, and then its memory is unmapped: it cannot write
 * any more, so it is the new table that the IOMMU uses. The others do as in replace.c. The emulated
 * AMD-Vi logs faults without their device.
 *
 * promise: 1, 8
 * red when: the entry keeps the old table (the store of `intel_lu_switch_second`): the third NIC
 *   writes 660 frames after its memory was unmapped
 */
#include <stddef.h>

#include "scenario.h"
#include "story/replace.h"

static void before(void)
{
	replace_before(2, NULL);
}

SCENARIO(.name = "replace_unmapped", .platform = "vtd", .nics = "igb,igb,igb",
	 .discarded = "2", .cmdline = "lu.rate=300", .timeout = 150,
	 .before = before, .after = replace_after);
