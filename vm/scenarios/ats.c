// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs with ATS, in scalable mode: they write with translations from caches of their own,
 * before, during and after the update. A cache is told of the first unmap, and of nothing before.
 * The second NIC moves to another table, and back and forth: each move empties its cache.
 *
 * promise: 1, 2
 * red when: the next kernel writes the translation unit of an incoming device (no
 *   `pci_liveupdate_keep_ats`): ATS is off when userspace starts, and the device is isolated
 * red when: a move does not invalidate the device's cache (`devtlb_invalidation_with_pasid` in
 *   `intel_lu_switch_second`): no move empties the cache
 * red when: each unmap invalidates all that the device caches (`cache_tag_flush_range`): the
 *   invalidations of the unmap are of more than its range
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_before(true);
}

SCENARIO(.name = "ats", .nics = "vhost,vhost", .platform = "vtd", .iommu = "device-iotlb=on",
	 .before = before, .after = ats_after);
