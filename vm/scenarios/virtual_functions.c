// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function that a process of the host holds, and two virtual functions of it in two
 * VMs, each in a session of its own. All three receive all through the update. In the next kernel
 * a virtual function is retrieved first; the VMM of the other one does not come back, and its
 * session is discarded. Neither the first VM nor the physical function notices. Then the discarded
 * function serves its next VM.
 *
 * promise: 1, 7
 * red when: virtual functions inherit the interrupt domain of their physical function
 *   (`pci_lu_inherit_msi_domains`): no VM is restored, its iommufd refuses the device
 * red when: the SR-IOV capability is taken over without a write (`pci_liveupdate_adopt_iov`): the
 *   virtual functions are disabled during enumeration, 59 of 278 frames lost
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

enum { PHYSICAL, FIRST, SECOND, VMS };

static void before(void)
{
	story_begin_virtual(VMS - 1);
	story_preserve();
	ok_errno(pci_set(story_vm(PHYSICAL)->device[0].place->bdf, "sriov_numvfs", "0"), EBUSY,
		 "preserved virtual functions cannot be taken away");
	story_leave();
}

static void discard_second(const struct vm_data *data)
{
	const char *bdf = data->device[0].bdf;
	int session = luo_retrieve(data->session);

	ok_rc(luo_discard(session), "the session of the VM that does not come back is discarded");
	close(session);
	ok_nic(SECOND, !pci_bus_master(bdf), "its virtual function is stopped",
	       "it is bus master");
	mark_nic(SECOND, "quiet");
	ok(pci_update_state(bdf, "none"), "and an ordinary device", "it is not");
}

static void after(void)
{
	struct state *state;
	const char *bdf;

	story_arrive();
	state = state_get();
	bdf = state->vm[PHYSICAL].device[0].bdf;
	story_take_over(story_vm(FIRST));
	discard_second(&state->vm[SECOND]);
	ok_errno(pci_set(bdf, "sriov_numvfs", "0"), EBUSY,
		 "the virtual functions cannot be taken away");
	ok_errno(pci_set(bdf, "reset", "1"), EBUSY, "nor can the physical function be reset");
	story_take_over(story_vm(PHYSICAL));
	story_receive_again(SECOND);
	story_discard_from(SECOND);
	story_end();
}

SCENARIO(.name = "virtual_functions", .nics = "virtio,vf:virtio,vf:virtio", .discarded = "2",
	 .cmdline = "vfio-pci.enable_sriov=1", .timeout = 150,
	 .before = before, .after = after);
