// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC with ATS whose VMM dies when its table is adopted; its session is discarded. It is blocked,
 * its ATS is switched off, and it serves its next user with ATS. The runner knows the order.
 * Another VM's NIC is not disturbed.
 */
#include <unistd.h>

#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "story/ats.h"
#include "story/crash.h"
#include "story/story.h"

void ats_discarded_before(bool scalable)
{
	vtd_is_scalable(scalable);
	story_before(one_nic_each, 2);
}

static void discard(struct vm_data *data)
{
	int session = luo_try_retrieve(data->session);

	ok(session >= 0, "the session of the dead VMM can be retrieved", "error %d", -session);
	ok_rc(luo_discard(session), "and discarded");
	close(session);
	ok_nic(1, !pci_bus_master(data->device[0].bdf), "the NIC is stopped", "it is bus master");
	mark_nic(1, "quiet");
}

static void use_again(void)
{
	struct vm *vm = story_vm(1);

	story_use_again(1);
	ok_nic(1, device_reaches(&vm->device[0], 10), "the NIC receives for its next user",
	       "head at %u", device_progress(&vm->device[0]));
	ok_nic(1, pci_ats_is_on(vm->data->device[0].bdf), "with ATS", "it is off");
	ok_rc(vm_mark(vm), "and can be marked for the next update");
}

void ats_discarded_after(void)
{
	struct state *state;

	story_arrive();
	state = state_get();
	crash_after(&state->vm[1], CRASH_ADOPT);
	discard(&state->vm[1]);
	story_take_over(story_vm(0));
	use_again();
	story_discard_from(1);
	story_end();
}
