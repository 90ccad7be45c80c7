// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs leave their restored table, which the VM has as an HWPT without an IOAS, for tables of
 * the next kernel, and move between two of these: 1,000 moves under traffic, and no frame is lost.
 * Another task destroys the HWPT in the moment in which the session is finished. The NIC of a
 * second VM leaves an adopted HWPT before its session is finished.
 *
 * promise: 1, 5
 * red when: the entry is changed while it is present (`intel_lu_may_replace`; on AMD-Vi
 *   `amd_lu_may_replace`): the entry is cleared first, the NICs read descriptors of zeros;
 *   13,953 of 19,772 frames lost, faults; on AMD-Vi 6,344 of 12,053
 * red when: FINISH frees the entry before another task can destroy the HWPT
 *   (`iommufd_lu_finish_hwpt()`, with 20 ms between the two): the entry is removed twice, a warning
 * red when: the device moves by the ordinary attach (`intel_liveupdate_attach_device`): the NIC that
 *   leaves an adopted HWPT loses 2,046 of 4,070 frames, DMA faults
 * red when: the entry keeps the old table (`dev_update_dte` in `amd_lu_replace`): the entry of each
 *   NIC leads to the table that the NIC has left; 1,535 of 9,688 frames lost
 * red when: FINISH waits until no device uses a restored HWPT (`iommufd_lu_waits`): it succeeds
 *   while both NICs use it
 * red when: no way leads back to a restored HWPT (`iommufd_liveupdate_may_attach`): the NIC is
 *   attached to it again
 */
#include <stddef.h>

#include "scenario.h"
#include "story/replace.h"

static void before(void)
{
	replace_before(2, NULL);
}

SCENARIO(.name = "replace", .nics = "igb,igb,igb", .cmdline = "lu.rate=300", .timeout = 150,
	 .before = before, .after = replace_after);
