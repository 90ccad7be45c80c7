// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel is told to assign new bus numbers, to make room at every bridge and to align the
 * NIC's BARs. It does none of this to preserved functions. Before the NIC's bridge is an empty
 * one, which would get seven more bus numbers and so change those of the NIC.
 *
 * promise: waiting
 * red when: bus numbers stay while devices are incoming (`pci_liveupdate_any_incoming` in
 *   `pci_scan_bridge_extend`): the NIC has another one, its BARs are sized, it is not bus
 *   master; no VM is restored
 */
#include "device/dma_device.h"
#include "device/pci.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void after(void)
{
	char bdf[BDF_LEN];

	story_arrive();
	ok(dma_device_find(0, bdf), "there is a NIC", "there is none");
	ok_nic(0, pci_source_id(bdf) == pci_source_id(state_get()->vm[0].device[0].bdf),
	       "it is where it was", "it is %s", bdf);
	story_go_on();
}

SCENARIO(.name = "renumbering", .cmdline = "lu.rate=300",
	 .cmdline2 = "pci=assign-busses,realloc=on,hpmmiosize=64M,hpbussize=8,"
		     "resource_alignment=20@pci:8086:10c9",
	 .qemu = "-device pcie-root-port,id=first,chassis=8,addr=01",
	 .before = before, .after = after);
