// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC with ATS whose VMM dies when its table is adopted; its session is discarded.
 * It is blocked, its ATS is switched off, and it serves its next user with ATS. Another VM's NIC
 * is not disturbed.
 *
 * promise: 6, 7
 * red when: a readmitted device gets no ATS (`iommu_enable_pci_ats` in `intel_lu_readmit_device`): ATS
 *   is off for its next user
 * red when: ATS is switched off before the entry is cleared (`intel_lu_isolate_device`): its entries
 *   are in a cache when its ATS goes off
 * red when: the previous kernel does not wait for the invalidation queue (`intel_lu_drain_queue`):
 *   nothing was waited for between the mask of fault interrupts and the new root table
 */
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/crash.h"
#include "story/story.h"

static void before(void)
{
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
	sleep_ms(1500);
	ok_nic(1, device_progress(&vm->device[0]) > 10, "the NIC receives for its next user",
	       "head at %u", device_progress(&vm->device[0]));
	ok_nic(1, pci_ats_is_on(vm->data->device[0].bdf), "with ATS", "it is off");
	ok_rc(vm_mark(vm), "and can be marked for the next update");
}

static void after(void)
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

SCENARIO(.name = "ats_discarded", .nics = "igb,vhost", .discarded = "1", .platform = "vtd",
	 .iommu = "device-iotlb=on", .timeout = 120, .before = before, .after = after);
