// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function that a process of the host holds, and two virtual functions of it in two
 * VMs, each in a session of its own. All three receive all through three updates. In the second
 * kernel a virtual function is retrieved first; the VMM of the other one is killed when it has
 * attached its device again, and its session is discarded. Neither the first VM nor the physical
 * function notices. Then the discarded function serves its next VM, which lives through the second
 * update with the others. The third update leaves that VM's session behind. A third virtual function
 * is not used.
 *
 * promise: 1, 7, 9
 * red when: virtual functions inherit the interrupt domain of their physical function
 *   (`pci_lu_inherit_msi_domains`): no VM is restored, its iommufd refuses the device
 * red when: the SR-IOV capability is taken over without a write (`pci_liveupdate_adopt_iov`): the
 *   virtual functions are disabled during enumeration, and the second kernel has none
 * red when: vfio-pci captures virtual functions that were there before (`pci_lu_capture_vfs`): the
 *   unused one has no driver_override
 * red when: an incoming physical function keeps drivers from its virtual functions
 *   (`pci_lu_vf_is_held`): vfio-pci drives the unused one at once
 * red when: a discarded function stops itself only (`vfio_pci_lu_incoming_discard`, with the physical
 *   function stopped as well): 3,890 of 5,698 frames lost
 */
#include <errno.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/crash.h"
#include "story/story.h"
#include "story/stubborn.h"

#define NEW_ID		"/sys/bus/pci/drivers/vfio-pci/new_id"

enum { PHYSICAL, FIRST, SECOND, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1, .nvirtual = 3 },
	{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm2", .first_device = 2, .ndevices = 1, .nspaces = 1 },
};

static void before(void)
{
	story_begin(shapes, VMS);
	kexec_keep_next();
	story_preserve();
	ok_errno(pci_set(story_vm(PHYSICAL)->device[0].place->bdf, "sriov_numvfs", "0"), EBUSY,
		 "preserved virtual functions cannot be taken away");
	story_leave();
}

static void discard_second(const struct vm_data *data)
{
	const char *bdf = data->device[0].bdf;
	int session = luo_retrieve(data->session);

	ok_rc(luo_discard(session), "the session of the killed VMM is discarded");
	close(session);
	ok_nic(SECOND, !pci_bus_master(bdf), "its virtual function is stopped",
	       "it is bus master");
	mark_nic(SECOND, "quiet");
	ok(pci_update_state(bdf, "none"), "and an ordinary device", "it is not");
}

/* A driver of the host would trust the physical function, which is in the hands of a process */
static void take_first(void)
{
	char unused[BDF_LEN];

	pci_find_device(EXTRA_IGB_VF, 2, unused);
	ok_rc(file_write(NEW_ID, "8086 10ca"), "vfio-pci drives virtual functions");
	ok(!pci_is_vfio(unused), "but not the unused one before the physical function", "it does");
	story_take_over(story_vm(FIRST));
	ok(pci_says(unused, "driver_override", "vfio-pci"),
	   "no other driver is for the unused one then", "it has no driver_override");
}

static void lose_second(void)
{
	struct state *state = state_get();
	const char *bdf = state->vm[PHYSICAL].device[0].bdf;

	take_first();
	crash_after(&state->vm[SECOND], CRASH_ATTACH);
	discard_second(&state->vm[SECOND]);
	ok_errno(pci_set(bdf, "sriov_numvfs", "0"), EBUSY,
		 "the virtual functions cannot be taken away");
	ok_errno(pci_set(bdf, "reset", "1"), EBUSY, "nor can the physical function be reset");
	story_take_over(story_vm(PHYSICAL));
	story_receive_again(SECOND);
	story_discard_from(SECOND);
}

/* With a call on its device that does not return, the VM of the discarded function cannot go on */
static void go_on(void)
{
	struct dma_device *second = &story_vm(SECOND)->device[0];

	story_retrieve();
	story_adopt();
	story_finish();
	ok_nic(SECOND, device_progress(second) > second->place->head,
	       "the next VM of the discarded function lives on", "head at %u",
	       device_progress(second));
	story_preserve();
	stubborn_call(second->dev);
	story_leave();
}

static void end(void)
{
	const struct vm_data *second = &state_get()->vm[SECOND];
	const char *bdf = second->device[0].bdf;

	ok_errno(luo_try_retrieve(second->session), ENOENT, "the session left behind is unknown");
	ok_nic(SECOND, !pci_bus_master(bdf), "its virtual function is stopped",
	       "it is bus master");
	mark_nic(SECOND, "quiet");
	ok(pci_update_state(bdf, "none"), "and an ordinary device", "it is not");
	story_take_over(story_vm(PHYSICAL));
	story_take_over(story_vm(FIRST));
	story_receive_again(SECOND);
	story_discard_from(SECOND);
	story_end();
}

static void after(void)
{
	story_arrive();
	switch (state_get()->updates) {
	case 1:
		lose_second();
		story_preserve();
		story_leave();
	case 2:
		go_on();
		break;
	default:
		end();
	}
}

SCENARIO(.name = "virtual_functions", .nics = "igb,vf:igbvf,vf:igbvf", .discarded = "2",
	 .cmdline = "vfio-pci.enable_sriov=1 lu.rate=100", .updates = 3, .timeout = 150,
	 .before = before, .after = after);
