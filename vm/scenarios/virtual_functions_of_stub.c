// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function that pci-pf-stub keeps for its virtual functions, three of which are in three
 * VMs. No process holds the physical function, and it is in no session; it does no DMA. Two virtual
 * functions are preserved as if they were ordinary functions, and receive all through the update.
 * The VM of the third one is not preserved; its DMA ends with the previous kernel. In the next
 * kernel no driver but pci-pf-stub can have the physical function before the VMs have theirs.
 * New virtual functions get a driver again when the VMs have ended.
 *
 * promise: 1, 4, 7
 * red when: new virtual functions get a driver (`pci_lu_adopt_iov_regs`, an earlier kernel):
 *   sriov_drivers_autoprobe is 0 after the update, and a new one has none
 * red when: a virtual function that is not preserved loses bus mastering in shutdown
 *   (`pci_liveupdate_keeps_master`): two frames too many are in its ring
 * red when: pci-pf-stub does not count as a keeper of its function
 *   (`pci_liveupdate_register_pf_driver`): the VM cannot be preserved
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define STUB	"pci-pf-stub"
#define NEW_ID	"/sys/bus/pci/drivers/vfio-pci/new_id"

enum { FIRST, SECOND, THIRD, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 1, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm1", .first_device = 2, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm2", .first_device = 3, .ndevices = 1, .nspaces = 1, .unpreserved = true },
};

static void find_physical(char bdf[BDF_LEN])
{
	if (!dma_device_find(0, bdf))
		bail_out("there is no physical function");
}

static void may_not_have(const char *bdf, const char *driver)
{
	ok_rc(pci_set(bdf, "driver_override", driver), "another driver is asked for");
	ok_errno(pci_bind_to(bdf, driver), EBUSY, "and may not have the physical function");
}

static void bind_stub(const char *bdf)
{
	ok_rc(pci_try_bind(bdf, STUB), "pci-pf-stub may");
}

static int unbind_stub(const char *bdf)
{
	return file_write("/sys/bus/pci/drivers/" STUB "/unbind", bdf);
}

/* Without its driver the physical function may get another at any time */
static void without_driver(const char *bdf)
{
	struct vm *vm = story_vm(FIRST);

	ok_rc(vm_mark(vm), "the HWPT is marked");
	ok_rc(unbind_stub(bdf), "the physical function loses its driver");
	extra_open_session(vm);
	klog_skip();
	refused(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)), ENXIO,
		"its physical function is not preserved",
		"a virtual function is refused then");
	vm_call_off(vm);
	bind_stub(bdf);
}

static void before(void)
{
	char bdf[BDF_LEN];

	find_physical(bdf);
	bind_stub(bdf);
	ok_rc(pci_set(bdf, "sriov_numvfs", "3"), "it gets virtual functions");
	story_begin(shapes, VMS);
	without_driver(bdf);
	story_preserve();
	ok_errno(pci_set(bdf, "sriov_numvfs", "0"), EBUSY,
		 "preserved virtual functions cannot be taken away");
	ok_errno(pci_set(bdf, "reset", "1"), EBUSY, "nor can the physical function be reset");
	ok_rc(unbind_stub(bdf), "it loses its driver, and keeps them");
	may_not_have(bdf, "vfio-pci");
	bind_stub(bdf);
	story_leave();
}

/* New virtual functions get a driver without a driver_override, as they did before the update. */
static void begin_anew(const char *bdf)
{
	const struct device_place *first = &state_get()->vm[FIRST].device[0];

	ok_rc(pci_set(bdf, "sriov_numvfs", "0"), "they can be taken away after the VMs ended");
	ok(pci_says(bdf, "sriov_drivers_autoprobe", "1"), "drivers are looked for", "they are not");
	ok_rc(file_write(NEW_ID, "1af4 1041"), "vfio-pci drives such functions");
	ok_rc(pci_set(bdf, "sriov_numvfs", "1"), "there is a new one");
	ok(pci_is_vfio(first->bdf), "which vfio-pci drives", "it has no driver");
}

static void after(void)
{
	char bdf[BDF_LEN];

	find_physical(bdf);
	story_arrive();
	ok(!pci_bus_master(bdf), "the physical function does no DMA", "it is bus master");
	ok_errno(pci_set(bdf, "sriov_numvfs", "0"), EBUSY,
		 "its virtual functions cannot be taken away");
	may_not_have(bdf, "vfio-pci");
	ok_nic(THIRD + 1, !pci_bus_master(state_get()->vm[THIRD].device[0].bdf),
	       "a virtual function that is not preserved does no DMA", "it is bus master");
	story_retrieve();
	bind_stub(bdf);
	story_adopt();
	story_finish();
	story_end();
	begin_anew(bdf);
}

SCENARIO(.name = "virtual_functions_of_stub", .idle = "0",
	 .nics = "virtio,vf:virtio,vf:virtio,vf:virtio", .unpreserved = "3",
	 .timeout = 150, .before = before, .after = after);
