// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes in sysfs by which root can switch a device off or change it: enable and disable, of
 * the device and of the bridge above it, while no driver is bound, and virtual functions. They are
 * refused from preserve on, and in the next kernel until the device is taken over.
 *
 * promise: waiting
 * red when: `sriov_numvfs` and sysfs `enable` refused: frames lost
 */
#include <errno.h>

#include "device/pci.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define PCIEPORT	"/sys/bus/pci/drivers/pcieport/"

static void before(void)
{
	story_begin(one_nic_each, 1);
	story_preserve();
	ok_errno(pci_set(state_get()->vm[0].device[0].bdf, "sriov_numvfs", "1"), EBUSY,
		 "a preserved device gets no virtual functions");
	story_leave();
}

static void bridge(const char *bdf)
{
	ok_rc(file_write(PCIEPORT "unbind", bdf), "the driver of the bridge can be unbound");
	ok_errno(pci_set(bdf, "enable", "0"), EBUSY, "but the bridge not be disabled");
	ok(pci_bus_master(bdf), "it is bus master", "it is not");
	ok_rc(file_write(PCIEPORT "bind", bdf), "its driver can be bound again");
}

static void device(const char *bdf)
{
	ok_errno(pci_set(bdf, "enable", "0"), EBUSY, "the device cannot be disabled");
	ok_nic(0, pci_bus_master_path(bdf), "it is bus master", "it is not");
	pci_bind_vfio(bdf);
	ok_errno(pci_set(bdf, "sriov_numvfs", "1"), EBUSY, "nor get virtual functions");
}

static void after(void)
{
	struct pci_path path;
	const char *bdf;

	story_arrive();
	bdf = state_get()->vm[0].device[0].bdf;
	pci_path(bdf, &path);
	bridge(path.bdf[0]);
	device(bdf);
	story_go_on();
}

SCENARIO(.name = "nothing_switches_it_off", .cmdline = "lu.rate=300 vfio-pci.enable_sriov=1",
	 .before = before, .after = after);
