// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC with ATS whose VMM dies when its table is adopted, in scalable mode; its session is
 * discarded. It is blocked, its ATS is switched off, and it serves its next user with ATS. Another
 * VM's NIC is not disturbed.
 *
 * promise: 6, 7
 * red when: a readmitted device gets no ATS (`iommu_enable_pci_ats` in `intel_lu_readmit_device`): ATS
 *   is off for its next user
 * red when: ATS is switched off before the entry is cleared (`intel_lu_isolate_device`): its entries
 *   are in a cache when its ATS goes off
 * red when: the previous kernel does not wait for the invalidation queue (`intel_lu_drain_queue`):
 *   nothing was waited for between the mask of fault interrupts and the new root table
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_discarded_before(true);
}

SCENARIO(.name = "ats_discarded", .nics = "igb,vhost", .discarded = "1", .platform = "vtd",
	 .iommu = "device-iotlb=on", .timeout = 120, .before = before,
	 .after = ats_discarded_after);
