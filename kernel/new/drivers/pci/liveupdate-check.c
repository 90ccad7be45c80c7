// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Validating PCI handover records
 *
 * A valid checksum only proves that a record is as the previous kernel wrote it.
 * The values must also be plausible, and the hardware must be in the state that
 * the record describes. Both checks only read from the device.
 */

#define dev_fmt(fmt) "live update: " fmt

#include <linux/bitfield.h>
#include <linux/kho/abi/pci.h>
#include <linux/sizes.h>
#include "liveupdate.h"
#include "pci.h"

/* Bits of the header that must be equal in hardware and record, by dword */
static const u32 pci_lu_same_function[PCI_DEV_SER_HEADER_DWORDS] = {
	[0] = ~0,		/* vendor and device */
	[1] = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	[2] = ~0,		/* class */
	[3] = 0x00ff0000,	/* header type */
	[4 ... 9] = ~0,		/* BARs */
	[11] = ~0,		/* subsystem */
	[12] = ~PCI_ROM_ADDRESS_ENABLE,	/* set for the time of a read */
};

static const u32 pci_lu_same_bridge[PCI_DEV_SER_HEADER_DWORDS] = {
	[0] = ~0,
	[1] = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	[2] = ~0,
	[3] = 0x00ff0000,
	[4 ... 5] = ~0,		/* BARs */
	[6] = 0x00ffffff,	/* bus numbers */
	[7] = 0x0000ffff,	/* I/O window */
	[8 ... 12] = ~0,	/* memory windows, upper half of I/O window */
	[14] = ~PCI_ROM_ADDRESS_ENABLE,
};

static bool pci_lu_sizes_valid(const struct pci_dev_ser *ser)
{
	unsigned int i;

	for (i = 0; i < PCI_DEV_SER_BARS; i++) {
		if (ser->bar_size[i] & (ser->bar_size[i] - 1))
			return false;
	}
	return !(ser->rom_size & (ser->rom_size - 1)) && ser->rom_size <= SZ_2G;
}

static bool pci_lu_bus_numbers_valid(const struct pci_dev_ser *ser,
				     struct pci_bus *bus)
{
	u32 buses = ser->header[PCI_PRIMARY_BUS / sizeof(u32)];
	u8 primary = FIELD_GET(PCI_PRIMARY_BUS_MASK, buses);
	u8 secondary = FIELD_GET(PCI_SECONDARY_BUS_MASK, buses);
	u8 subordinate = FIELD_GET(PCI_SUBORDINATE_BUS_MASK, buses);

	return primary == bus->number && secondary > primary &&
	       secondary <= subordinate;
}

/* Compare the registers of @dev with the record and log the first difference */
static int pci_lu_compare(struct pci_dev *dev, const struct pci_dev_ser *ser,
			  const u32 *same)
{
	unsigned int i;
	u32 val;

	for (i = 0; i < PCI_DEV_SER_HEADER_DWORDS; i++) {
		pci_read_config_dword(dev, i * sizeof(u32), &val);
		if (!((val ^ ser->header[i]) & same[i]))
			continue;
		pci_err(dev, "configuration register %#zx differs from the record\n",
			i * sizeof(u32));
		return -ESTALE;
	}
	return 0;
}

/**
 * pci_lu_check() - Compare a device with its record.
 * @dev: The device, in enumeration.
 * @ser: A record with a valid checksum and known flags only.
 *
 * Context: Enumeration.
 * Return: 0; -EBADMSG if a value of the record is implausible for @dev; -ESTALE
 * if a register of @dev differs from the record.
 */
int pci_lu_check(struct pci_dev *dev, const struct pci_dev_ser *ser)
{
	bool function = ser->flags & (PCI_DEV_SER_FUNCTION | PCI_DEV_SER_PHYSFN);
	int type = function ? PCI_HEADER_TYPE_NORMAL : PCI_HEADER_TYPE_BRIDGE;
	int rc;

	if (dev->hdr_type != type || !pci_lu_sizes_valid(ser))
		return -EBADMSG;
	if (!function && !pci_lu_bus_numbers_valid(ser, dev->bus))
		return -EBADMSG;
	rc = pci_lu_check_iov(dev, &ser->iov);
	if (rc)
		return rc;
	return pci_lu_compare(dev, ser, function ? pci_lu_same_function :
						       pci_lu_same_bridge);
}

/**
 * pci_lu_may_be_preserved() - Test whether a device may have been preserved.
 * @dev: A device without a valid record.
 *
 * The previous kernel turned bus mastering off in all devices that it did not
 * preserve. Host and ISA bridges often cannot turn it off, and are never
 * preserved.
 *
 * Context: Enumeration.
 * Return: True if bus mastering is on.
 */
bool pci_lu_may_be_preserved(struct pci_dev *dev)
{
	u16 command;

	if (dev->hdr_type == PCI_HEADER_TYPE_NORMAL &&
	    dev->class >> 16 == PCI_BASE_CLASS_BRIDGE)
		return false;
	pci_read_config_word(dev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MASTER;
}

/**
 * pci_lu_bar_masks() - Compute what BARs read after all ones were written.
 * @size: Sizes of the BARs, validated.
 * @bar: The BARs.
 * @howmany: Number of BARs.
 * @masks: Out: one mask for each BAR.
 *
 * Context: Any.
 */
void pci_lu_bar_masks(const u64 *size, const u32 *bar, unsigned int howmany, u32 *masks)
{
	unsigned int i;
	u32 type;

	for (i = 0; i < howmany; i++) {
		u64 mask = -size[i];

		masks[i] = lower_32_bits(mask);
		type = bar[i] & (PCI_BASE_ADDRESS_SPACE | PCI_BASE_ADDRESS_MEM_TYPE_MASK);
		if (type == PCI_BASE_ADDRESS_MEM_TYPE_64 && i + 1 < howmany)
			masks[++i] = upper_32_bits(mask);
	}
}

/**
 * pci_lu_fix_bars() - Make the BARs of an accepted device immovable.
 * @dev: The device, in enumeration.
 *
 * Context: Enumeration.
 * Return: Bitmap of those that were not immovable before.
 */
unsigned long pci_lu_fix_bars(struct pci_dev *dev)
{
	unsigned long fixed = 0;
	int i;

	for (i = 0; i < PCI_NUM_RESOURCES; i++) {
		struct resource *res = &dev->resource[i];

		if ((i >= PCI_STD_NUM_BARS && !pci_resource_is_iov(i)) || !res->flags ||
		    res->flags & IORESOURCE_PCI_FIXED)
			continue;
		res->flags |= IORESOURCE_PCI_FIXED;
		__set_bit(i, &fixed);
	}
	return fixed;
}

/**
 * pci_liveupdate_size_bars() - Get the sizes of BARs without probing.
 * @dev: The device.
 * @count: Number of BARs.
 * @pos: Offset of the first one in configuration space.
 * @sizes: Out: what each would read as after all ones were written to it.
 *
 * Context: Enumeration, may sleep.
 * Return: True; false if no record describes these BARs, which have to be probed.
 */
bool pci_liveupdate_size_bars(struct pci_dev *dev, int count, unsigned int pos, u32 *sizes)
{
	const struct pci_dev_ser *ser;

	ser = pos < PCI_STD_HEADER_SIZEOF ? pci_lu_incoming_ser(dev) : NULL;
	if (!ser)
		return false;
	if (pos == PCI_BASE_ADDRESS_0)
		pci_lu_bar_masks(ser->bar_size, &ser->header[PCI_BASE_ADDRESS_0 / sizeof(u32)],
				 count, sizes);
	else
		*sizes = lower_32_bits(-ser->rom_size);
	return true;
}

/**
 * pci_lu_set_windows() - Set which windows a bridge has, without probing.
 * @dev: A checked device; nothing changes if it is not a bridge.
 * @ser: The record of @dev.
 *
 * Context: Enumeration.
 */
void pci_lu_set_windows(struct pci_dev *dev, const struct pci_dev_ser *ser)
{
	if (dev->hdr_type != PCI_HEADER_TYPE_BRIDGE)
		return;
	dev->io_window = !!(ser->header[PCI_IO_BASE / sizeof(u32)] & 0xffff);
	dev->pref_window = !!ser->header[PCI_PREF_MEMORY_BASE / sizeof(u32)];
	dev->pref_64_window = !!(ser->flags & PCI_DEV_SER_PREF_64_WINDOW);
}

/* Size of the state that pci_save_aer_state() saves of an endpoint */
#define PCI_LU_AER_SAVED	(4 * sizeof(u32))

static void pci_lu_log_dpc(struct pci_dev *dev)
{
	int pos = pci_find_ext_capability(dev, PCI_EXT_CAP_ID_DPC);
	u16 status = 0;

	if (pos)
		pci_read_config_word(dev, pos + PCI_EXP_DPC_STATUS, &status);
	if (status & PCI_EXP_DPC_STATUS_TRIGGER)
		pci_warn(dev, "containment was triggered during the update, status %#06x\n",
			 status);
}

/**
 * pci_liveupdate_keep_aer() - Log the errors of the update, and keep error reporting as it is.
 * @dev: The device, in enumeration; its AER capability is known.
 *
 * Errors are only logged for accepted devices. Their status is cleared then. Functions
 * get the save buffer that pci_aer_init() would add.
 *
 * Return: True if AER of @dev must not be configured: a guest may have done that.
 */
bool pci_liveupdate_keep_aer(struct pci_dev *dev)
{
	u32 uncor, cor;

	if (!pci_liveupdate_accepted(dev))
		return false;
	pci_read_config_dword(dev, dev->aer_cap + PCI_ERR_UNCOR_STATUS, &uncor);
	pci_read_config_dword(dev, dev->aer_cap + PCI_ERR_COR_STATUS, &cor);
	if (uncor || cor)
		pci_warn(dev, "errors during the update: uncorrectable %#x, correctable %#x\n",
			 uncor, cor);
	pci_write_config_dword(dev, dev->aer_cap + PCI_ERR_UNCOR_STATUS, uncor);
	pci_write_config_dword(dev, dev->aer_cap + PCI_ERR_COR_STATUS, cor);
	pci_lu_log_dpc(dev);
	if (!pci_liveupdate_incoming(dev))
		return false;
	pci_add_ext_cap_save_buffer(dev, PCI_EXT_CAP_ID_ERR, PCI_LU_AER_SAVED);
	return true;
}
