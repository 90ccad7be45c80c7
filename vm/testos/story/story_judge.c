// SPDX-License-Identifier: GPL-2.0
/*
 * The last look of a story: no more frames are sent, and the receive rings, the VMs' memory
 * and the guard are examined. The ring of a discarded VM is not judged here.
 */
#include "device/dma_device.h"
#include "device/pci.h"
#include "iommu/guard.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define QUIET_LOOKS	10
#define MOST_LOOKS	200

static void judge_nic(struct vm *vm, struct dma_device *d)
{
	uint32_t index = d->place->index;
	uint64_t received = d->ops->verify(d, device_memory(vm, d - vm->device));

	if (!vm->data->preserved || !state_get()->updates)
		return;
	ok_nic(index, received > d->place->head + story_rate() * 3,
	       "frames keep arriving in the next kernel", "%llu frames, %u before the kexec",
	       (unsigned long long)received, d->place->head);
	if (d->event < 0)
		return;
	ok_nic(index, vm_interrupts(d) > 0, "interrupts keep arriving in the next kernel",
	       "none");
}

void story_judge_guard(void)
{
	uint64_t changed;

	if (!guard_possible()) {
		diag("no guard: this is not root, or the command line has no %s",
		     SCENARIO_GUARD_CMDLINE);
		return;
	}
	changed = guard_changed();
	fig("guard_changed", changed);
	ok(!changed, "no DMA reached physical memory untranslated", "%llu words changed",
	   (unsigned long long)changed);
}

static uint64_t frames_so_far(void)
{
	struct vm *vm;
	struct dma_device *d;
	uint64_t n = 0;

	for_each_vm(vm) {
		if (vm->data->discarded)
			continue;
		for_each_device(vm, d)
			n += d->ops->completed(d, device_memory(vm, d - vm->device));
	}
	return n;
}

/*
 * The last frames may still be on their way. A pause of the whole emulator passes for one look
 * here, however long it is, so it is looks that count and not time.
 */
static void await_silence(void)
{
	uint64_t before = frames_so_far(), now;
	unsigned int look, quiet = 0;

	for (look = 0; quiet < QUIET_LOOKS && look < MOST_LOOKS; look++) {
		sleep_ms(50);
		now = frames_so_far();
		quiet = now == before ? quiet + 1 : 0;
		before = now;
	}
}

void story_judge(void)
{
	struct vm *vm;
	struct dma_device *d;

	for_each_vm(vm)
		for_each_device(vm, d)
			tx_stop(d->place->index);
	await_silence();
	mark("scan");
	for_each_vm(vm) {
		if (vm->data->discarded)
			continue;
		for_each_device(vm, d)
			judge_nic(vm, d);
		ok(vm_ram_intact(vm), "the VM's memory is as it was", "it has changed");
	}
	story_judge_guard();
}

/*
 * Instead of all of the above: this kernel took nothing over, and no frame reaches memory.
 * No memory was preserved either, so progress is read from the NIC's receive head, which
 * neither kernel resets.
 */
void story_stopped(void)
{
	struct dma_device nic = {};
	uint32_t at_arrival;
	char bdf[BDF_LEN];

	if (!dma_device_find(0, bdf))
		bail_out("the NIC is gone");
	ok_nic(0, !pci_bus_master(bdf), "bus mastering is off in the next kernel", "it is on");
	dma_device_look(&nic, bdf, dma_device_model(bdf));
	at_arrival = device_progress(&nic);
	story_traffic("lu.post");
	tx_stop(0);
	sleep_ms(500);
	mark("scan");
	ok_nic(0, device_progress(&nic) == at_arrival, "nothing arrives in the next kernel",
	       "something does");
	fig_nic(0, "received", device_progress(&nic));
}
