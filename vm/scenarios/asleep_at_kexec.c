// SPDX-License-Identifier: GPL-2.0
/*
 * A guest puts its second device to sleep after the device was preserved, and asks for a reset of
 * it. Neither delays the kexec: freeze wakes the device, and the reset is refused. In the next
 * kernel the device is awake and is taken over like any other.
 *
 * promise: 5
 * red when: freeze wakes the device (`vfio_pci_lu_wake`): reboot(KEXEC) fails with EAGAIN
 */
#include <errno.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	struct vm *vm = story_vm(0);
	char bdf[BDF_LEN];
	int dev;

	story_begin(one_nic_each, 1);
	pci_find_device(EXTRA_E1000E, 0, bdf);
	dev = extra_attach(vm, bdf);
	vfio_enable_bus_master(dev);
	story_preserve();
	ok_rc(luo_preserve_fd(vm->session, dev, EXTRA_TOKEN), "a second device is preserved");
	ok_errno(vfio_reset(dev), EBUSY, "its guest cannot reset it now");
	ok_rc(vfio_set_power_state(dev, 3), "but put it to sleep");
	ok(pci_power_state(bdf) == 3, "it is in D3", "D%d", pci_power_state(bdf));
	story_leave();
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	char bdf[BDF_LEN];
	uint32_t id;
	int dev;

	story_arrive();
	pci_find_device(EXTRA_E1000E, 0, bdf);
	ok(!pci_power_state(bdf), "the second device is in D0", "D%d", pci_power_state(bdf));
	ok(pci_bus_master_path(bdf), "and bus master", "it is not");
	story_retrieve();
	dev = luo_retrieve_fd(vm->session, EXTRA_TOKEN);
	ok_rc(dev, "it can be retrieved");
	ok_rc(vfio_bind(dev, vm->iommufd, &id), "bound");
	story_adopt();
	ok_rc(vfio_attach(dev, vm->hwpt[0]), "and attached");
	story_finish();
	close(dev);
	story_end();
}

SCENARIO(.name = "asleep_at_kexec", .cmdline = "lu.rate=300",
	 .qemu = "-device pcie-root-port,id=more,chassis=8,addr=08 -device e1000e,bus=more",
	 .before = before, .after = after);
