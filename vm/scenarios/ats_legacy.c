// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario ats in legacy mode: the context entry itself allows ATS, and the driver enables ATS
 * with an attach, not when it probes the device.
 *
 * promise: 1, 2
 * red when: adoption does not enter ATS (`intel_lu_adopt_ats`): the unmap invalidates nothing, and
 *   15 stale translations stay in the cache of the NIC
 * red when: a move invalidates nothing in the device (`intel_context_flush_no_pasid` in
 *   `intel_lu_switch_context`): no move empties the cache
 * red when: a move assigns no cache tag of the device (`cache_tag_assign_domain` in
 *   `intel_lu_replace`): the unmap at the new table invalidates nothing, 18 stale translations
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_before(false);
}

SCENARIO(.name = "ats_legacy", .nics = "vhost,vhost", .platform = "vtd",
	 .iommu = "device-iotlb=on,scalable-mode=off", .before = before, .after = ats_after);
