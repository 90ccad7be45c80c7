// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs under traffic. One is not preserved, and on the second CPU a thread sets its bus
 * mastering again whenever the previous kernel has cleared it, until that CPU is stopped. So from
 * the last act of the previous kernel to the first of the next one this NIC tries to write each
 * frame sent to it. The entries it needs are gone: each try is a fault, no frame reaches memory.
 * The NIC beside it is not disturbed.
 *
 * promise: 3
 * red when: the minimal root has preserved devices only (`intel_liveupdate_shutdown` made to copy
 *   all entries): the rogue device writes 1,146 frames after the previous kernel is down
 * red when: devices that are not preserved are stopped (`iommu_lu_quiesce_others`): the rogue
 *   device is bus master in the next kernel
 * red when: AMD-Vi leaves the entry of a device that is not preserved (`amd_liveupdate_shutdown`):
 *   the rogue device writes 1,746 frames
 * red when: AMD-Vi leaves the interrupt half of such an entry (`amd_liveupdate_shutdown`): the request
 *   of the rogue device is delivered
 */
#include "device/pci.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	static const struct vm_shape vms[] = {
		{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1 },
		{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1,
		  .unpreserved = true },
	};

	story_begin(vms, 2);
	story_preserve();
	pci_insist_on_bus_master(state_get()->vm[1].device[0].bdf);
	story_leave();
}

static void after(void)
{
	story_arrive();
	ok_nic(1, !pci_bus_master(state_get()->vm[1].device[0].bdf),
	       "the next kernel has stopped it", "it is bus master");
	story_retrieve();
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	story_judge();
	story_life();
}

SCENARIO(.name = "rogue_device_is_blocked", .nics = "igb,igb", .rogue = "1", .smp = 2, .remapping_stays_on = true,
	 .timeout = 120, .before = before, .after = after);
