// SPDX-License-Identifier: GPL-2.0
/*
 * Slots of devices are switched off while an update is not finished: one before its VM retrieves
 * it, one after that, one after its table was adopted. Each VM loses that device only and finishes
 * without it. A new device in the first slot is an ordinary one.
 *
 * promise: 7
 * red when: a session finishes without a device that is being removed (`liveupdate_removed` in
 *   `vfio_pci_lu_can_finish`): FINISH fails, the device never goes, no other one can be in its slot
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

/* NICs, which are also numbers of root ports */
enum { STAYS, BEFORE_RETRIEVE, AFTER_RETRIEVE, AFTER_ADOPTION };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = STAYS, .ndevices = 2, .nspaces = 1 },
	{ .session = "vm1", .first_device = AFTER_RETRIEVE, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm2", .first_device = AFTER_ADOPTION, .ndevices = 1, .nspaces = 1 },
};

static void before(void)
{
	story_begin(shapes, 3);
	story_discard_from(1);
	story_preserve();
	story_leave();
}

/* Its first device stays; the second is lost before the VM is retrieved. */
static void loses_before(struct vm *vm, struct vm_data *data)
{
	const char *bdf = data->device[1].bdf;
	int rc;

	pci_slot_power(bdf, false);
	ok(pci_disappears(bdf), "a device is gone before its VM is retrieved", "it is there");
	mark_nic(BEFORE_RETRIEVE, "quiet");
	data->ndevices = 1;
	rc = vm_retrieve(vm, data);
	ok_errno(luo_retrieve_fd(vm->session, TOKEN_DEVICE(1)), ENODEV, "it cannot be retrieved");
	rc = rc ?: vm_bind(vm);
	rc = rc ?: vm_adopt(vm);
	rc = rc ?: vm_attach(vm);
	ok_rc(rc, "the rest of its VM is restored");
	vm->device[0].regs = vfio_map_bar0(vm->device[0].dev);
	ok_nic(STAYS, vm_arm(&vm->device[0]) >= 0 && vm_interrupt_arrives(&vm->device[0]),
	       "its other device goes on", "no interrupt arrives");
}

/* The removal waits for the file that the VM has, and for that of the session. */
static void loses_now(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];

	pci_slot_power(nic->place->bdf, false);
	nap(10);
	close(nic->dev);
	nic->dev = -1;
}

static void is_lost(struct vm *vm)
{
	const struct device_place *place = vm->device[0].place;

	ok_rc(vm_finish(vm), "the session is finished without it");
	ok(pci_disappears(place->bdf), "then the device is gone", "it is there");
	mark_nic(place->index, "quiet");
	ok(vm_ram_intact(vm), "the VM's memory is as it was", "it has changed");
	close(vm->iommufd);
}

static void loses_after_retrieve(struct vm *vm, struct vm_data *data)
{
	ok_rc(vm_retrieve(vm, data), "a VM is retrieved, and its device is switched off");
	loses_now(vm);
	ok_rc(vm_adopt(vm), "its table is adopted");
	is_lost(vm);
}

static void loses_after_adoption(struct vm *vm, struct vm_data *data)
{
	ok_rc(vm_restore(vm, data), "a VM is restored, and its device is switched off");
	loses_now(vm);
	is_lost(vm);
}

static void new_device(const char *bdf)
{
	const int iommufd = iommufd_open();
	uint32_t id;
	int dev, tries;

	monitor("device_add igb,bus=rp%d,id=another,netdev=n%d", BEFORE_RETRIEVE, BEFORE_RETRIEVE);
	ok(pci_slot_fills(bdf), "a new device is plugged in", "it is not");
	nap(4);		/* the slot's button comes with it, and counts while there is no power */
	pci_slot_power(bdf, true);
	if (!ok(pci_appears(bdf), "a new device is in the first slot", "it is not"))
		return;
	ok(pci_update_state(bdf, "none"), "it is an ordinary device", "it is not");
	/* it is in sysfs before a driver can bind */
	for (tries = 0; tries < 100 && pci_try_bind(bdf, "vfio-pci"); tries++)
		sleep_ms(100);
	dev = vfio_open_bound(bdf, iommufd, &id);
	ok(dev >= 0, "and can be used", "%s", strerror(dev < 0 ? -dev : 0));
	close(dev);
	close(iommufd);
}

static void after(void)
{
	struct state *state;

	story_arrive();
	state = state_get();
	loses_before(story_vm(0), &state->vm[0]);
	loses_after_retrieve(story_vm(1), &state->vm[1]);
	loses_after_adoption(story_vm(2), &state->vm[2]);
	new_device(state->vm[0].device[1].bdf);
	phase("finish.begin");
	ok_rc(vm_finish(story_vm(0)), "the first session is finished without the device that it lost");
	phase("finish.end");
	state->nvms = 1;
	story_end();
}

SCENARIO(.name = "finishes_without_device", .nics = "igb,igb,igb,igb", .discarded = "1,2,3",
	 .cmdline = "lu.rate=100", .qemu = SLOTS_WITH_POWER, .timeout = 150,
	 .before = before, .after = after);
