// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario virtual_functions_ats in legacy mode: the driver enables ATS of a virtual function
 * with an attach, and enters it when the virtual function is adopted.
 *
 * promise: 1, 6
 * red when: adoption does not enter ATS (`intel_lu_adopt_ats`): the second update refuses the
 *   physical function, whose ATS seems to be off
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_virtual_before(false);
}

SCENARIO(.name = "virtual_functions_legacy", .nics = "virtio-ats,vf:virtio-ats", .discarded = "0,1",
	 .platform = "vtd", .iommu = "device-iotlb=on,scalable-mode=off",
	 .cmdline = "vfio-pci.enable_sriov=1 lu.rate=30", .updates = 2, .timeout = 150,
	 .before = before, .after = ats_virtual_after);
