// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware says that a NIC requires ATS, which hardware enables by itself in legacy mode (SATC
 * structure of VT-d's table). In scalable mode the kernel enables it as that of any device, and the
 * NIC is carried as in the scenario ats. The table allows ATS below no root port, so another NIC
 * with ATS is carried with its ATS off.
 *
 * promise: 1, 2
 * red when: a device that requires ATS is refused in scalable mode, too (`intel_lu_check_ats`): the
 *   VM cannot be preserved
 */
#include "device/pci.h"
#include "iommu/vtd.h"
#include "os/report.h"
#include "scenario.h"
#include "story/ats.h"
#include "story/story.h"

enum { REQUIRED, OTHER, VMS };

static void other_is_off(const char *when)
{
	ok_nic(OTHER, !pci_ats_is_on(state_get()->vm[OTHER].device[0].bdf), when, "it is on");
}

static void before(void)
{
	vtd_is_scalable(true);
	story_begin(one_nic_each, VMS);
	ats_is_on("ATS that the firmware requires is on in the previous kernel");
	other_is_off("ATS that it does not allow is off");
	story_preserve();
	story_leave();
}

static void after(void)
{
	ats_after();
	other_is_off("ATS that the firmware does not allow is off in the next kernel");
}

SCENARIO(.name = "ats_required", .nics = "vhost,virtio-ats", .ats_required = "0",
	 .platform = "vtd", .iommu = "device-iotlb=on", .before = before, .after = after);
