// SPDX-License-Identifier: GPL-2.0
/*
 * iolu on a host where KHO or the IOMMU is off: it reports what is missing, and the kernel
 * parameters to boot with.
 *
 * promise: command
 */
#include "device/dma_device.h"
#include "device/pci.h"
#include "iommu/platform.h"
#include "kapi/luo.h"
#include "os/command.h"
#include "os/report.h"
#include "scenario.h"

static void before(void)
{
	char bdf[BDF_LEN];

	if (!dma_device_find(0, bdf))
		bail_out("there is no NIC");
	ok(!luo_present(), "there is no /dev/liveupdate", "there is one");
	iolu_tells(iolu("check", NULL), 1, "there is no /dev/liveupdate",
		   "check says that KHO or LUO is off");
	ok(pci_try_bind(bdf, "vfio-pci") < 0, "the NIC cannot be bound to vfio-pci", "it can");
	iolu_tells(iolu("check", "--device", bdf, NULL), 1, "no IOMMU is in use",
		   "check says that the IOMMU is off");
	iolu_tells(iolu("check", "--device", bdf, NULL), 1, "(no IOMMU)",
		   "and says so of the device");
	iolu_tells(iolu("discard", "vm0", NULL), 3, "/dev/liveupdate: No such file",
		   "there is nothing to discard from");
}

SCENARIO(.name = "command_without", .cmdline = "kho=off " IOMMU_OFF, .command = true,
	 .before = before);
