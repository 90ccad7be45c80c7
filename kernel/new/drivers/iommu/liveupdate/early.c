// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU live update: giving incoming devices up while interrupt remapping is set up,
 * before PCI enumeration.
 */
#include <linux/pci.h>

#include <asm/pci-direct.h>

#include "liveupdate.h"

/* False if there is no function 1 to 7 */
static bool iommu_lu_quiesce_function(u8 bus, u8 slot, u8 func)
{
	u16 command;

	if (read_pci_config(bus, slot, func, PCI_VENDOR_ID) == ~0u)
		return func;
	command = read_pci_config_16(bus, slot, func, PCI_COMMAND);
	if (command & PCI_COMMAND_MASTER &&
	    read_pci_config_byte(bus, slot, func, PCI_CLASS_DEVICE + 1) != PCI_BASE_CLASS_BRIDGE)
		write_pci_config_16(bus, slot, func, PCI_COMMAND,
				    command & ~PCI_COMMAND_MASTER);
	return func || read_pci_config_byte(bus, slot, func, PCI_HEADER_TYPE) & 0x80;
}

static void iommu_lu_quiesce_segment_0(void)
{
	unsigned int bus, slot, func;

	if (!early_pci_allowed())
		return;
	for (bus = 0; bus < 256; bus++) {
		for (slot = 0; slot < 32; slot++) {
			for (func = 0; func < 8; func++) {
				if (!iommu_lu_quiesce_function(bus, slot, func))
					break;
			}
		}
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
