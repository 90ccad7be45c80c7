// SPDX-License-Identifier: GPL-2.0
/*
 * Four VMs: a NIC, a physical function, its virtual function, and another physical function, in a
 * switch, with a virtual one that no VM has. After the kexec, before any session is retrieved, the
 * slots of the first physical function and of the switch are switched off. The virtual functions go
 * with them. These VMs lose their devices: no other call fails, nothing warns, and their sessions
 * can be discarded. The first VM is not disturbed.
 *
 * promise: 7
 * red when: the IOMMU core forgets a device that is removed (`iommu_liveupdate_remove_device`): a
 *   warning about the DMA owner of the group, then retrieving the iommufd dereferences NULL
 * red when: virtual functions behind a switch are left to the removal of the switch
 *   (`pci_lu_remove_vfs`): a general protection fault in pci_remove_bus_device()
 */
#include <errno.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

enum { HEALTHY, PHYSICAL, VIRTUAL, OTHER, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = HEALTHY, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm1", .first_device = PHYSICAL, .ndevices = 1, .nspaces = 1, .nvirtual = 1 },
	{ .session = "vm2", .first_device = VIRTUAL, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm3", .first_device = OTHER, .ndevices = 1, .nspaces = 1, .nvirtual = 1 },
};

static void before(void)
{
	story_begin(shapes, VMS);
	story_discard_from(PHYSICAL);
	story_preserve();
	story_leave();
}

static void lose_device(unsigned int i)
{
	ok_nic(i, pci_disappears(state_get()->vm[i].device[0].bdf), "the device is gone",
	       "it is there");
	mark_nic(i, "quiet");
}

static void end_session(const struct vm_data *data)
{
	int session = luo_retrieve(data->session);
	int fd = luo_retrieve_fd(session, TOKEN_IOMMUFD);

	ok(fd >= 0, "the iommufd can be retrieved", "error %d", -fd);
	close(fd);
	ok_rc(luo_discard(session), "the session can be discarded");
	close(session);
}

static void unplug(const char *bdf)
{
	pci_slot_power(bdf, false);
	lose_device(VIRTUAL);
	lose_device(PHYSICAL);
}

/* All that is behind the switch goes with its uplink. */
static void unplug_switch(const char *bdf)
{
	struct pci_path path;
	char unused[BDF_LEN];

	pci_find_device(EXTRA_IGB_VF, 0, unused);
	ok_errno(pci_set(bdf, "remove", "1"), EBUSY, "a function is not removed by itself");
	pci_path(bdf, &path);
	pci_slot_power(path.bdf[1], false);
	lose_device(OTHER);
	ok(pci_disappears(unused), "its virtual function is gone", "it is there");
}

static void after(void)
{
	const struct vm_data *data;
	unsigned int i;

	story_arrive();
	data = state_get()->vm;
	unplug(data[PHYSICAL].device[0].bdf);
	unplug_switch(data[OTHER].device[0].bdf);
	for (i = PHYSICAL; i < VMS; i++)
		end_session(&data[i]);
	state_get()->nvms = PHYSICAL;
	story_take_over(story_vm(HEALTHY));
	story_end();
}

SCENARIO(.name = "unplugged_while_incoming", .nics = "igb,igb,vf:igbvf,switch:igb",
	 .discarded = "1,2,3", .cmdline = "vfio-pci.enable_sriov=1 lu.rate=150",
	 .qemu = SLOTS_WITH_POWER, .timeout = 150, .before = before, .after = after);
