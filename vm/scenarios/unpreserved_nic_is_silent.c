// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs under traffic, one of them not preserved. Its memory is preserved, so that it can be
 * examined: after the shutdown of the previous kernel this NIC has written nothing more, although
 * frames were sent to it, while the preserved NIC on the same IOMMU keeps receiving.
 *
 * promise: 3
 */
#include "device/pci.h"
#include "device/ring.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define SHUTDOWN_MS	250	/* from the reboot system call to the end of bus mastering */

static void before(void)
{
	static const struct vm_shape vms[] = {
		{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1 },
		{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1,
		  .unpreserved = true },
	};

	story_before(vms, 2);
}

static uint32_t written(void)
{
	const struct vm *left = story_vm(1);

	return left->device[0].ops->completed(&left->device[0], device_memory(left, 0));
}

static void after(void)
{
	const struct device_place *place;
	uint32_t at_arrival, bound;

	story_arrive();
	place = &state_get()->vm[1].device[0];
	ok_nic(1, !pci_bus_master(place->bdf),
	       "a NIC that was not preserved may not write in the next kernel", "it may");
	story_retrieve();
	at_arrival = written();
	bound = place->head + story_rate() * SHUTDOWN_MS / 1000;
	ok_nic(1, at_arrival <= bound, "it wrote nothing after the previous kernel's shutdown",
	       "%u frames, %u at the reboot", at_arrival, place->head);
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	ok_nic(1, written() == at_arrival, "nor does it in the next kernel",
	       "%u frames, %u on arrival", written(), at_arrival);
	story_judge();
	story_life();
}

SCENARIO(.name = "unpreserved_nic_is_silent", .nics = "igb,igb", .unpreserved = "1",
	 .timeout = 120, .before = before, .after = after);
