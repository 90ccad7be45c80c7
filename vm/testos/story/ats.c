// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC with ATS and a cache of translations of its own. The usual story; ATS is on in both
 * kernels, and so are the bits of the entry that allow it. At the end no frame is under way and
 * the memory that the NIC uses is unmapped: the runner knows whether its cache was told.
 */
#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/iommufd.h"
#include "os/report.h"
#include "os/util.h"
#include "story/ats.h"
#include "story/machine.h"
#include "story/story.h"

#define SETTLE_MS	100	/* more than the error of a mark's time */

void ats_is_on(const char *when)
{
	const struct vm_data *data = &state_get()->vm[0];

	ok_nic(0, pci_ats_is_on(data->device[0].bdf), when, "it is off");
	vtd_allows_ats(machine_nic_entry());
}

static void check_legacy(void)
{
	vtd_is_scalable(false);
	ats_is_on("ATS is on in the previous kernel");
}

static void check_scalable(void)
{
	vtd_is_scalable(true);
	ats_is_on("ATS is on in the previous kernel");
}

void ats_before(bool scalable)
{
	machine_before(scalable ? check_scalable : check_legacy);
}

static void unmap_ring(struct vm *vm)
{
	const struct device_place *place = vm->device[0].place;
	uint64_t bytes = vm->data->mem_size[place->mem];

	fig_nic(place->index, "iova", place->iova);
	fig_nic(place->index, "bytes", bytes);
	sleep_ms(SETTLE_MS);
	mark_nic(place->index, "unmap");
	sleep_ms(SETTLE_MS);
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], place->iova, bytes),
	      "the memory that the NIC uses is unmapped");
	sleep_ms(SETTLE_MS);
	mark_nic(place->index, "unmapped");
	sleep_ms(SETTLE_MS);
	/* The emulator reads the rings once more when the NIC is stopped. */
	ok_rc(ioas_map(vm->iommufd, vm->ioas[0], vm->mem_fd[place->mem], &(struct area){
			.iova = place->iova, .length = bytes, .mem = place->mem, .writable = 1 }),
	      "and mapped again");
}

void ats_after(void)
{
	story_arrive();
	ats_is_on("ATS is on when the next kernel starts userspace");
	story_retrieve();
	story_adopt();
	story_finish();
	ats_is_on("ATS is on after finish");
	story_traffic("lu.post");
	story_judge();
	unmap_ring(story_vm(0));
	story_life();
}
