// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's selftest of vfio over a live update: libvfio's driver copies memory through the
 * NIC's loopback in both kernels, and initializes the NIC in the first kernel only.
 *
 * promise: kernel
 */
#include "device/dma_device.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "os/kselftest.h"
#include "os/report.h"
#include "scenario.h"

static void bdf_of_nic(char bdf[BDF_LEN])
{
	if (!dma_device_find(0, bdf))
		bail_out("there is no NIC");
}

static void before(void)
{
	char bdf[BDF_LEN];

	bdf_of_nic(bdf);
	pci_bind_vfio(bdf);
	kselftest(9, 0, "vfio_pci_liveupdate_test", "-s", "1", bdf, NULL);
	kexec_load_next(1);
	kexec_go();
}

static void after(void)
{
	char bdf[BDF_LEN];

	bdf_of_nic(bdf);
	kselftest(17, 0, "vfio_pci_liveupdate_test", "-s", "2", bdf, NULL);
}

SCENARIO(.name = "selftest_vfio", .kselftest = true, .before = before, .after = after);
