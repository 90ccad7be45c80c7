// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC with ATS, in scalable mode: it writes with translations from a cache of its own, before,
 * during and after the update. Its cache is told of the first unmap, and of nothing before.
 *
 * promise: 1, 2
 * red when: the next kernel writes the translation unit of an incoming device (no
 *   `pci_liveupdate_keep_ats`): ATS is off when userspace starts, and the device is isolated
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_before(true);
}

SCENARIO(.name = "ats", .nics = "vhost", .platform = "vtd", .iommu = "device-iotlb=on",
	 .before = before, .after = ats_after);
