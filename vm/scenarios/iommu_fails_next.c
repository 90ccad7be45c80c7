// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel cannot set its IOMMU up: there is no interrupt for the unit. It has already made
 * the unit use its own tables. The unit stays on, its tables are not freed, and the NIC is blocked.
 *
 * promise: 6
 * red when: init_dmars() frees the tables of the unit on error (`intel_liveupdate_block_unit`): a
 *   warning about domain ids in use, and the NIC's entries are in free memory
 * red when: AMD-Vi's driver forgets which domain ids are in use when it fails
 *   (`amd_lu_destroy_ids`): a warning when the session is discarded
 */
#include <unistd.h>

#include "device/pci.h"
#include "iommu/platform.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void after(void)
{
	struct state *state = state_retrieve();
	int session;

	ok(platform()->translating(), "translation has stayed on", "it is off");
	ok(klog_says("its unit is not used by this kernel"), "the kernel says that the NIC is isolated",
	   "it does not");
	ok_nic(0, !pci_bus_master(state->vm[0].device[0].bdf), "the NIC is stopped",
	       "it is bus master");
	mark_nic(0, "quiet");
	session = luo_retrieve(state->vm[0].session);
	ok_rc(luo_discard(session), "the session can be discarded");
	close(session);
}

SCENARIO(.name = "iommu_fails_next", .cmdline = "lu.rate=300", .cmdline2 = IOMMU_FAILS,
	 .iommu = XAPIC_MODE, .discarded = "0", .before = story_before_discard, .after = after);
