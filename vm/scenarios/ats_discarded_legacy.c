// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario ats_discarded in legacy mode: the context entry is all that allows requests of the
 * NIC, translated by itself or not. Its ATS is enabled again when its next user attaches it.
 *
 * promise: 6, 7
 * red when: ATS is switched off before the entry is cleared (`intel_lu_isolate_device`): its
 *   entries are in a cache when its ATS goes off
 */
#include "scenario.h"
#include "story/ats.h"

static void before(void)
{
	ats_discarded_before(false);
}

SCENARIO(.name = "ats_discarded_legacy", .nics = "igb,vhost", .discarded = "1", .platform = "vtd",
	 .iommu = "device-iotlb=on,scalable-mode=off", .timeout = 120, .before = before,
	 .after = ats_discarded_after);
