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

static void before(void)
{
	static const struct vm_shape vms[] = {
		{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1 },
		{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1,
		  .unpreserved = true },
	};

	story_before(vms, 2);
}

static uint32_t written(unsigned int i)
{
	const struct vm *vm = story_vm(i);

	return vm->device[0].ops->completed(&vm->device[0], device_memory(vm, 0));
}

/* Frames since the reboot system call */
static uint32_t written_since(unsigned int i)
{
	return written(i) - state_get()->vm[i].device[0].head;
}

static void after(void)
{
	const struct device_place *place;
	uint32_t at_arrival, left, kept;

	story_arrive();
	place = &state_get()->vm[1].device[0];
	ok_nic(1, !pci_bus_master(place->bdf),
	       "a NIC that was not preserved may not write in the next kernel", "it may");
	story_retrieve();
	at_arrival = written(1);
	left = written_since(1);
	kept = written_since(0);
	fig_nic(1, "since_reboot", left);
	fig_nic(0, "since_reboot", kept);
	/* Both are sent as many; the shutdown takes less time than the next kernel's boot */
	ok_nic(1, 4 * left < kept, "it wrote nothing after the previous kernel's shutdown",
	       "%u frames, %u of the other NIC", left, kept);
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	ok_nic(1, written(1) == at_arrival, "nor does it in the next kernel",
	       "%u frames, %u on arrival", written(1), at_arrival);
	story_judge();
	story_life();
}

SCENARIO(.name = "unpreserved_nic_is_silent", .nics = "igb,igb", .unpreserved = "1",
	 .timeout = 120, .before = before, .after = after);
