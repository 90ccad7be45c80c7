// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function and a virtual function of it, both with ATS, in two VMs, in scalable mode.
 * Both are taken over by the second kernel, with ATS on. Then the smallest translation unit of the
 * physical function is changed before the second update. It is that of the virtual function, too,
 * whose own register says nothing about it: the third kernel isolates both.
 *
 * promise: 1, 6
 * red when: the unit of the virtual function itself is compared (`intel_lu_ats_usable`): it is taken
 *   over without ATS, and the kernel warns
 * red when: a virtual function gets ATS with the unit of its physical function only
 *   (`intel_liveupdate_may_enable_ats`): the kernel warns when the virtual function is discarded
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_virtual_before(true);
}

SCENARIO(.name = "virtual_functions_ats", .nics = "virtio-ats,vf:virtio-ats", .discarded = "0,1",
	 .platform = "vtd", .iommu = "device-iotlb=on", .cmdline = "vfio-pci.enable_sriov=1 lu.rate=30",
	 .updates = 2, .timeout = 150, .before = before, .after = ats_virtual_after);
