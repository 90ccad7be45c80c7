// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs. The slot of the second VM's device is switched off after the kexec, before its session
 * is retrieved. That VM loses its device: no other call fails, nothing warns, and its session can
 * be discarded. The first VM is not disturbed.
 *
 * promise: 7
 * red when: the IOMMU core forgets a device that is removed (`iommu_liveupdate_remove_device`): a
 *   warning about the DMA owner of the group, then retrieving the iommufd dereferences NULL
 */
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define VICTIM 1

static void before(void)
{
	story_begin(one_nic_each, 2);
	story_discard_from(VICTIM);
	story_preserve();
	story_leave();
}

static void lose_device(const struct vm_data *data)
{
	const char *bdf = data->device[0].bdf;
	int session, fd;

	pci_slot_power(bdf, false);
	ok(pci_disappears(bdf), "the device is gone", "it is there");
	mark_nic(VICTIM, "quiet");
	session = luo_retrieve(data->session);
	fd = luo_retrieve_fd(session, TOKEN_IOMMUFD);
	ok(fd >= 0, "the iommufd can be retrieved", "error %d", -fd);
	close(fd);
	ok_rc(luo_discard(session), "the session can be discarded");
	close(session);
}

static void after(void)
{
	story_arrive();
	lose_device(&state_get()->vm[VICTIM]);
	state_get()->nvms = VICTIM;
	story_take_over(story_vm(0));
	story_end();
}

SCENARIO(.name = "unplugged_while_incoming", .nics = "igb,igb", .discarded = "1",
	 .cmdline = "lu.rate=300", .qemu = SLOTS_WITH_POWER,
	 .timeout = 120, .before = before, .after = after);
