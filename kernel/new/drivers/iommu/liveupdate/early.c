// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU live update: giving incoming devices up while interrupt remapping is set up,
 * before PCI enumeration.
 */
#include <linux/pci.h>

#include <asm/pci-direct.h>

#include "liveupdate.h"

/*
 * The ids of a virtual function are all ones, and so is the rest of a function that does
 * not exist.
 */
static void iommu_lu_quiesce_function(u8 bus, u8 slot, u8 func)
{
	u32 command = read_pci_config(bus, slot, func, PCI_COMMAND);

	if (command != ~0u && command & PCI_COMMAND_MASTER &&
	    read_pci_config_byte(bus, slot, func, PCI_CLASS_DEVICE + 1) != PCI_BASE_CLASS_BRIDGE)
		write_pci_config_16(bus, slot, func, PCI_COMMAND,
				    (u16)command & ~PCI_COMMAND_MASTER);
}

static void iommu_lu_quiesce_segment_0(void)
{
	unsigned int bus, devfn;

	if (!early_pci_allowed())
		return;
	for (bus = 0; bus < 256; bus++) {
		for (devfn = 0; devfn < 256; devfn++)
			iommu_lu_quiesce_function(bus, PCI_SLOT(devfn), PCI_FUNC(devfn));
	}
}

/**
 * iommu_liveupdate_reject_early() - Quiesce and isolate all incoming devices
 *
 * For a kernel that is about to turn interrupt remapping off. Devices of PCI segment
 * 0 are quiesced at once, the other ones when PCI devices have been enumerated.
 *
 * Context: Boot, before PCI enumeration.
 */
void iommu_liveupdate_reject_early(void)
{
	iommu_lu_incoming_lost = true;
	iommu_lu_quiesce_segment_0();
}
