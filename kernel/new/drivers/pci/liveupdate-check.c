// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Is a PCI device what its handover record says?
 *
 * The checksum of a record tells that it is what the old kernel wrote. That is
 * not enough: the values must make sense, and the hardware must still be in the
 * state that the old kernel left. Both are found out by reading only.
 */

#define dev_fmt(fmt) "live update: " fmt

#include <linux/bitfield.h>
#include <linux/kho/abi/pci.h>
#include <linux/sizes.h>
#include "liveupdate.h"
#include "pci.h"

/* What must be the same in hardware as in the record, by dword of the header */
static const u32 pci_record_same_function[PCI_DEV_SER_HEADER_DWORDS] = {
	[0] = ~0,		/* vendor and device */
	[1] = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	[2] = ~0,		/* class */
	[3] = 0x00ff0000,	/* header type */
	[4 ... 9] = ~0,		/* BARs */
	[11] = ~0,		/* subsystem */
	[12] = ~0,		/* ROM */
};

static const u32 pci_record_same_bridge[PCI_DEV_SER_HEADER_DWORDS] = {
	[0] = ~0,
	[1] = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	[2] = ~0,
	[3] = 0x00ff0000,
	[4 ... 5] = ~0,		/* BARs */
	[6] = 0x00ffffff,	/* bus numbers */
	[7] = 0x0000ffff,	/* I/O window */
	[8 ... 12] = ~0,	/* memory windows, upper half of I/O window */
	[14] = ~0,		/* ROM */
};

static bool pci_record_sizes_valid(const struct pci_dev_ser *ser)
{
	unsigned int i;

	for (i = 0; i < PCI_DEV_SER_BARS; i++) {
		if (ser->bar_size[i] & (ser->bar_size[i] - 1))
			return false;
	}
	return !(ser->rom_size & (ser->rom_size - 1)) && ser->rom_size <= SZ_2G;
}

static bool pci_record_bus_numbers_valid(const struct pci_dev_ser *ser,
					 struct pci_bus *bus)
{
	u32 buses = ser->header[PCI_PRIMARY_BUS / sizeof(u32)];
	u8 primary = FIELD_GET(PCI_PRIMARY_BUS_MASK, buses);
	u8 secondary = FIELD_GET(PCI_SECONDARY_BUS_MASK, buses);
	u8 subordinate = FIELD_GET(PCI_SUBORDINATE_BUS_MASK, buses);

	return primary == bus->number && secondary > primary &&
	       secondary <= subordinate;
}

/* The registers of @dev against the record; says where they differ */
static int pci_record_compare(struct pci_dev *dev, const struct pci_dev_ser *ser,
			      const u32 *same)
{
	unsigned int i;
	u32 val;

	for (i = 0; i < PCI_DEV_SER_HEADER_DWORDS; i++) {
		pci_read_config_dword(dev, i * sizeof(u32), &val);
		if (!((val ^ ser->header[i]) & same[i]))
			continue;
		pci_err(dev, "configuration space at %#zx is not as handed over\n",
			i * sizeof(u32));
		return -ESTALE;
	}
	return 0;
}

/**
 * pci_liveupdate_check() - Compare a device with its record.
 * @dev: The device, just found.
 * @ser: A record with a valid checksum and known flags only.
 *
 * Context: Enumeration.
 * Return: 0, -EBADMSG if the record makes no sense for @dev, -ESTALE if a
 * register of @dev is not as the record says.
 */
int pci_liveupdate_check(struct pci_dev *dev, const struct pci_dev_ser *ser)
{
	bool function = ser->flags & PCI_DEV_SER_FUNCTION;
	int type = function ? PCI_HEADER_TYPE_NORMAL : PCI_HEADER_TYPE_BRIDGE;

	if (dev->hdr_type != type || !pci_record_sizes_valid(ser))
		return -EBADMSG;
	if (!function && !pci_record_bus_numbers_valid(ser, dev->bus))
		return -EBADMSG;
	return pci_record_compare(dev, ser, function ? pci_record_same_function :
						       pci_record_same_bridge);
}

/**
 * pci_liveupdate_is_suspect() - May a device be a preserved one?
 * @dev: A device without a good record.
 *
 * The old kernel turned bus mastering off in all others. Host, ISA and such
 * bridges may not be able to, but are never preserved.
 *
 * Context: Enumeration.
 * Return: True if it may be.
 */
bool pci_liveupdate_is_suspect(struct pci_dev *dev)
{
	u16 command;

	if (dev->hdr_type == PCI_HEADER_TYPE_NORMAL &&
	    dev->class >> 16 == PCI_BASE_CLASS_BRIDGE)
		return false;
	pci_read_config_word(dev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MASTER;
}

/**
 * pci_liveupdate_bar_masks() - What sizing of BARs by writing would give.
 * @ser: A record that was checked.
 * @howmany: Number of BARs.
 * @masks: One mask for each BAR.
 *
 * Context: Any.
 */
void pci_liveupdate_bar_masks(const struct pci_dev_ser *ser, unsigned int howmany,
			      u32 *masks)
{
	unsigned int i;
	u32 type;

	for (i = 0; i < howmany; i++) {
		u64 mask = -ser->bar_size[i];

		masks[i] = lower_32_bits(mask);
		type = ser->header[PCI_BASE_ADDRESS_0 / sizeof(u32) + i] &
		       (PCI_BASE_ADDRESS_SPACE | PCI_BASE_ADDRESS_MEM_TYPE_MASK);
		if (type == PCI_BASE_ADDRESS_MEM_TYPE_64 && i + 1 < howmany)
			masks[++i] = upper_32_bits(mask);
	}
}

/**
 * pci_liveupdate_take_windows() - Which windows a bridge has, without probing.
 * @dev: A bridge that was checked; nothing happens to other devices.
 * @ser: Its record.
 *
 * Context: Enumeration.
 */
void pci_liveupdate_take_windows(struct pci_dev *dev, const struct pci_dev_ser *ser)
{
	if (dev->hdr_type != PCI_HEADER_TYPE_BRIDGE)
		return;
	dev->io_window = !!(ser->header[PCI_IO_BASE / sizeof(u32)] & 0xffff);
	dev->pref_window = !!ser->header[PCI_PREF_MEMORY_BASE / sizeof(u32)];
	dev->pref_64_window = !!(ser->flags & PCI_DEV_SER_PREF_64_WINDOW);
}
