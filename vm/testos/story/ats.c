// SPDX-License-Identifier: GPL-2.0
/*
 * NICs with ATS and a cache of translations of their own. The usual story; ATS is on in both
 * kernels, and so are the bits of the entry that allow it. At the end no frame is under way and
 * the memory that a NIC uses is unmapped: the runner knows whether its cache was told.
 *
 * If the VM has two NICs on one table, the second leaves the adopted table for a rebuilt one, and
 * goes to and fro under traffic. Each of them is unmapped where it is then.
 */
#include <string.h>

#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "story/ats.h"
#include "story/machine.h"
#include "story/story.h"

#define SETTLE_MS	100	/* more than the error of a mark's time */
#define MOVES		3	/* an odd number ends at the rebuilt table */

enum { STAYS, MOVES_AWAY, NICS };

static const struct vm_shape two_nics = { .session = "vm0", .ndevices = NICS, .nspaces = 1 };

void ats_is_on(const char *when)
{
	const struct vm_data *data = &state_get()->vm[0];
	const struct device_place *d;

	for (d = data->device; d < data->device + data->ndevices; d++)
		ok_nic(d->index, pci_ats_is_on(d->bdf), when, "it is off");
	vtd_allows_ats(machine_nic_entry());
}

void ats_before(bool scalable)
{
	story_begin(&two_nics, 1);
	vtd_is_scalable(scalable);
	ats_is_on("ATS is on in the previous kernel");
	story_preserve();
	story_leave();
}

/* So there are translations in its cache. */
static void await_frame(const struct dma_device *d)
{
	ok_nic(d->place->index, device_reaches(d, device_progress(d)),
	       "a frame comes before the move", "nothing within 10 s");
}

static void move(const struct vm *vm, const struct dma_device *d, uint32_t hwpt)
{
	int rc;

	await_frame(d);
	ok_nic(d->place->index, hwpt_may_replace(vm->iommufd, d->id, hwpt) == 1,
	       "the kernel says that a move leaves no gap", "it does not");
	mark_nic(d->place->index, "move");
	sleep_ms(SETTLE_MS);
	rc = vfio_attach(d->dev, hwpt);
	sleep_ms(SETTLE_MS);
	mark_nic(d->place->index, "moved");
	ok_nic(d->place->index, !rc, "the NIC moves", "%s", strerror(-rc));
	sleep_ms(SETTLE_MS);
}

/* To another IOAS, which is returned */
static uint32_t move_away(struct vm *vm, const struct dma_device *d)
{
	uint32_t adopted = vm->ioas[0], rebuilt, hwpt[2] = { vm->hwpt[0] };
	unsigned int i;

	vm_map_space(vm, 0);
	rebuilt = vm->ioas[0];
	vm->ioas[0] = adopted;
	ok_rc(hwpt_alloc(vm->iommufd, d->id, rebuilt, &hwpt[1]), "IOAS and HWPT are built anew");
	for (i = 1; i <= MOVES; i++)
		move(vm, d, hwpt[i % 2]);
	return rebuilt;
}

static void unmap_ring(struct vm *vm, const struct dma_device *d, uint32_t ioas)
{
	const struct device_place *place = d->place;
	uint64_t bytes = vm->data->mem_size[place->mem];

	fig_nic(place->index, "iova", place->iova);
	fig_nic(place->index, "bytes", bytes);
	sleep_ms(SETTLE_MS);
	mark_nic(place->index, "unmap");
	sleep_ms(SETTLE_MS);
	ok_rc(ioas_unmap(vm->iommufd, ioas, place->iova, bytes),
	      "the memory that the NIC uses is unmapped");
	sleep_ms(SETTLE_MS);
	mark_nic(place->index, "unmapped");
	sleep_ms(SETTLE_MS);
	/* The emulator reads the rings once more when the NIC is stopped. */
	ok_rc(ioas_map(vm->iommufd, ioas, vm->mem_fd[place->mem], &(struct area){
			.iova = place->iova, .length = bytes, .mem = place->mem, .writable = 1 }),
	      "and mapped again");
}

void ats_after(void)
{
	struct vm *vm = story_vm(0);
	uint32_t rebuilt = 0;

	story_arrive();
	ats_is_on("ATS is on when the next kernel starts userspace");
	story_retrieve();
	story_adopt();
	story_finish();
	ats_is_on("ATS is on after finish");
	if (vm->data->ndevices == NICS)
		rebuilt = move_away(vm, &vm->device[MOVES_AWAY]);
	story_traffic("lu.post");
	story_judge();
	unmap_ring(vm, &vm->device[STAYS], vm->ioas[0]);
	if (rebuilt)
		unmap_ring(vm, &vm->device[MOVES_AWAY], rebuilt);
	story_life();
}
