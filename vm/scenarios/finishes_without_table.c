// SPDX-License-Identifier: GPL-2.0
/*
 * The slot of a VM's only device is switched off before the VM is retrieved. Then no device uses its
 * table: the VM finishes without adopting it, and the table's pages are free again. Another VM
 * receives all the while.
 *
 * promise: 5, 7
 * red when: a table counts as used without a device (`iommu_liveupdate_domain_in_use`): FINISH EBUSY
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_begin(one_nic_each, 2);
	story_discard_from(1);
	story_preserve();
	story_leave();
}

static void loses_its_device(struct vm *vm, struct vm_data *data)
{
	struct iommu_liveupdate_query q;
	const char *bdf = data->device[0].bdf;

	pci_slot_power(bdf, false);
	ok(pci_disappears(bdf), "the only device of a VM is gone", "it is there");
	mark_nic(data->device[0].index, "quiet");
	data->ndevices = 0;
	ok_rc(vm_retrieve(vm, data), "memory and iommufd are retrieved");
	ok_errno(luo_retrieve_fd(vm->session, TOKEN_DEVICE(0)), ENODEV, "the device is not");
	ok_rc(hwpt_query(vm->iommufd, 0, &q), "the table has arrived");
	ok(q.out_state == IOMMU_LIVEUPDATE_INCOMING, "and is not adopted", "state %u", q.out_state);
	ok_rc(vm_finish(vm), "the session is finished");
	ok_errno(hwpt_query(vm->iommufd, 0, &q), ENOENT, "and the table is gone");
	close(vm->iommufd);
}

static void after(void)
{
	struct state *state;

	story_arrive();
	state = state_get();
	loses_its_device(story_vm(1), &state->vm[1]);
	state->nvms = 1;
	story_retrieve();
	story_adopt();
	story_finish();
	story_end();
}

SCENARIO(.name = "finishes_without_table", .nics = "igb,igb", .discarded = "1",
	 .qemu = SLOTS_WITH_POWER, .timeout = 120, .before = before, .after = after);
