// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario ats in legacy mode: the context entry itself allows ATS, and the driver enables ATS
 * with an attach, not when it probes the device.
 *
 * promise: 1, 2
 * red when: adoption does not enter ATS (`intel_lu_adopt_ats`): the unmap invalidates nothing, and
 *   15 stale translations stay in the cache of the NIC
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_before(false);
}

SCENARIO(.name = "ats_legacy", .nics = "vhost", .platform = "vtd",
	 .iommu = "device-iotlb=on,scalable-mode=off", .before = before, .after = ats_after);
