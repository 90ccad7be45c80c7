// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: AMD-Vi live update: incoming units
 *
 * A unit is initialized when interrupt remapping is set up. That is before PCI devices
 * and the handover records are found. A unit that is on is recognized by its device
 * table, which lies in memory that KHO has preserved. It is not turned off, and this
 * kernel continues to use the table, with the DMA half of each entry as it is: only
 * preserved devices translate. The interrupt half of each entry becomes this kernel's
 * own, which blocks all interrupts until a remapping table is made.
 *
 * When the driver initializes its units as PCI devices, the records have been read. The
 * IOMMU core decides which devices are valid and calls the functions below: they
 * compare a record with the device's entry and reserve its domain id. Every other entry
 * is blocked. Then the table is an ordinary one.
 *
 * If this kernel does not remap interrupts, or the table is lost, all devices are quiesced
 * and all incoming ones isolated. The unit stays on, and every entry blocks DMA. A unit that
 * this kernel does not use, or cannot set up, is turned off: it would block all interrupts.
 */
#include <linux/acpi.h>
#include <linux/bitmap.h>
#include <linux/crash_dump.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/kho_record.h>

#include "../iommu-pages.h"
#include "../irq_remapping.h"
#include "../liveupdate/pages.h"
#include "amd_iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* Device ids of a segment whose entries stay. Boot uses it, for one segment at a time. */
static unsigned long *amd_lu_accepted;

/* Device Table Base Address Register: bits 0 to 8 have the size in 4 KiB, less one. */
static u64 amd_lu_hw_table(struct amd_iommu *iommu)
{
	return readq(iommu->mmio_base + MMIO_DEV_TABLE_OFFSET) &
	       (GENMASK_ULL(51, 12) | GENMASK_ULL(8, 0));
}

/* All units of a segment use the same table. */
static bool amd_lu_table_usable(struct amd_iommu *iommu)
{
	u32 size = iommu->pci_seg->dev_table_size;
	u64 table = amd_lu_hw_table(iommu);
	struct amd_iommu *other;

	for_each_iommu(other) {
		if (other->pci_seg == iommu->pci_seg && other->flags & AMD_IOMMU_FLAG_INCOMING &&
		    amd_lu_hw_table(other) != table)
			return false;
	}
	return (table & ~PAGE_MASK) == (size >> 12) - 1 && kho_restorable(table & PAGE_MASK, size);
}

/* The unit uses the table of its segment. */
static bool amd_lu_adopted(struct amd_iommu *iommu)
{
	struct amd_iommu_pci_seg *pci_seg = iommu->pci_seg;

	return amd_lu_hw_table(iommu) ==
	       (virt_to_phys(pci_seg->dev_table) | ((pci_seg->dev_table_size >> 12) - 1));
}

static void amd_lu_reject(struct amd_iommu *iommu, const char *why)
{
	pr_err("AMD-Vi: IOMMU %d: %s: isolating all incoming devices\n", iommu->index, why);
	iommu_liveupdate_reject_early();
}

/**
 * amd_liveupdate_keep_unit() - Decide if a unit stays on
 * @iommu: A unit that was found on.
 *
 * Context: Boot, before PCI enumeration.
 * Return: True if the unit must not be turned off.
 */
bool amd_liveupdate_keep_unit(struct amd_iommu *iommu)
{
	if (!is_kho_boot() || is_kdump_kernel())
		return false;
	if (!amd_lu_table_usable(iommu))
		amd_lu_reject(iommu, "device table is lost");
	iommu->flags |= AMD_IOMMU_FLAG_INCOMING;
	/* kdump's way to take tables over does not apply. */
	iommu->flags &= ~AMD_IOMMU_FLAG_TRANS_PRE_ENABLED;
	return true;
}

static bool amd_lu_translates(const struct dev_table_entry *entry)
{
	return (entry->data[0] & AMD_LU_DTE_BLOCKED) == AMD_LU_DTE_BLOCKED &&
	       entry->data[0] & (DTE_FLAG_IR | DTE_FLAG_IW);
}

/* @fresh has the interrupt half that this kernel begins with. */
static void amd_lu_adopt_entry(struct dev_table_entry *entry,
			       const struct dev_table_entry *fresh)
{
	if (!amd_iommu_irq_remap || !amd_lu_translates(entry))
		amd_lu_store_half(entry, 0, AMD_LU_DTE_BLOCKED, fresh->data[1]);
	amd_lu_store_half(entry, 1, fresh->data[2], fresh->data[3]);
}

static void amd_lu_adopt_entries(struct amd_iommu_pci_seg *pci_seg,
				 struct dev_table_entry *table)
{
	unsigned int devid;

	for (devid = 0; devid <= pci_seg->last_bdf; devid++)
		amd_lu_adopt_entry(&table[devid], &pci_seg->dev_table[devid]);
}

/**
 * amd_liveupdate_adopt_table() - Continue to use a unit's device table
 * @iommu: A unit that is being set up.
 *
 * The first unit of a PCI segment makes the table that of the segment. If the table is lost,
 * all entries of the segment's own table block DMA, and the caller makes the unit use it.
 * All devices are quiesced then, so the base address may change while the unit is on.
 *
 * Context: Boot, before PCI enumeration.
 * Return: True if the unit is on and uses the table of its segment.
 */
bool amd_liveupdate_adopt_table(struct amd_iommu *iommu)
{
	struct amd_iommu_pci_seg *pci_seg = iommu->pci_seg;
	struct dev_table_entry *table;

	if (!(iommu->flags & AMD_IOMMU_FLAG_INCOMING))
		return false;
	if (amd_lu_adopted(iommu))
		return true;
	if (!amd_iommu_irq_remap)
		amd_lu_reject(iommu, "interrupt remapping goes off");
	if (!amd_lu_table_usable(iommu)) {
		amd_lu_adopt_entries(pci_seg, pci_seg->dev_table);
		return false;
	}
	table = phys_to_virt(amd_lu_hw_table(iommu) & PAGE_MASK);
	/* An error leaves the table preserved memory, which is never allocated. */
	if (iommu_pages_restore(table))
		pr_err("AMD-Vi: IOMMU %d: device table cannot be restored\n", iommu->index);
	amd_lu_adopt_entries(pci_seg, table);
	iommu_free_pages(pci_seg->dev_table);
	pci_seg->dev_table = table;
	return true;
}

/* There may be no PCI device. Only the DMA half changes. */
void amd_lu_block(struct amd_iommu *iommu, u16 devid)
{
	amd_lu_store_half(&get_dev_table(iommu)[devid], 0, AMD_LU_DTE_BLOCKED, 0);
	amd_iommu_flush_all_caches(iommu);
}

static void amd_lu_block_others(struct amd_iommu_pci_seg *pci_seg)
{
	struct dev_table_entry *table = pci_seg->dev_table;
	unsigned int devid;

	for (devid = 0; devid <= pci_seg->last_bdf; devid++) {
		if (amd_lu_translates(&table[devid]) &&
		    !(amd_lu_accepted && test_bit(devid, amd_lu_accepted)))
			amd_lu_store_half(&table[devid], 0, AMD_LU_DTE_BLOCKED, 0);
	}
}

static void amd_lu_unit_name(struct amd_iommu *iommu, char *name, size_t size)
{
	snprintf(name, size, "AMD-Vi: IOMMU %d", iommu->index);
}

static void amd_lu_take_over_unit(struct amd_iommu *iommu)
{
	char name[24];

	amd_lu_unit_name(iommu, name, sizeof(name));
	if (iommu_liveupdate_keep_translation(&iommu->iommu, name, &amd_liveupdate_ops))
		iommu_liveupdate_take_over_unit(&iommu->iommu, name, &amd_liveupdate_ops);
}

/**
 * amd_liveupdate_take_over() - Take over the entries of incoming devices
 *
 * The units are ordinary ones then.
 *
 * Context: Boot, when PCI devices have been found and no domain id is in use.
 */
void amd_liveupdate_take_over(void)
{
	struct amd_iommu_pci_seg *pci_seg;
	struct amd_iommu *iommu;

	for_each_pci_segment(pci_seg) {
		amd_lu_accepted = bitmap_zalloc(pci_seg->last_bdf + 1, GFP_KERNEL);
		for_each_iommu(iommu) {
			if (iommu->pci_seg == pci_seg && iommu->flags & AMD_IOMMU_FLAG_INCOMING)
				amd_lu_take_over_unit(iommu);
		}
		/* No entry of a table that this kernel has made translates yet. */
		amd_lu_block_others(pci_seg);
		bitmap_free(amd_lu_accepted);
		amd_lu_accepted = NULL;
	}
	for_each_iommu(iommu) {
		if (iommu->flags & AMD_IOMMU_FLAG_INCOMING)
			amd_iommu_flush_all_caches(iommu);
		iommu->flags &= ~AMD_IOMMU_FLAG_INCOMING;
	}
}

bool amd_lu_same_mode(struct iommu_device *iommu_dev)
{
	return true;
}

bool amd_lu_unit_valid(struct iommu_device *iommu_dev, const struct iommu_unit_ser *ser)
{
	const struct iommu_amd_unit_ser *hw = amd_lu_unit_hw(ser);
	struct amd_iommu *iommu = to_amd_iommu(iommu_dev);

	return iommu->flags & AMD_IOMMU_FLAG_INCOMING && !hw->reserved && amd_lu_adopted(iommu) &&
	       hw->dev_table == virt_to_phys(iommu->pci_seg->dev_table) &&
	       hw->dev_table_bytes == iommu->pci_seg->dev_table_size;
}

bool amd_lu_entry_valid(struct iommu_device *iommu_dev, const struct iommu_unit_ser *unit,
			const struct iommu_device_ser *ser)
{
	const struct iommu_amd_device_ser *hw = amd_lu_device_hw(ser);
	struct amd_iommu *iommu = to_amd_iommu(iommu_dev);
	struct dev_table_entry *entry;

	if (ser->segment != iommu->pci_seg->id || ser->bdf > iommu->pci_seg->last_bdf ||
	    iommu->pci_seg->rlookup_table[ser->bdf] != iommu || hw->reserved)
		return false;
	entry = &get_dev_table(iommu)[ser->bdf];
	return amd_lu_translates(entry) &&
	       entry->data[0] == hw->dte[0] && entry->data[1] == hw->dte[1] &&
	       !(hw->dte[0] & ~AMD_LU_DTE_WORD0) && !(hw->dte[1] & ~AMD_LU_DTE_WORD1) &&
	       hw->dte[0] & DTE_MODE_MASK &&
	       hw->domid && FIELD_GET(DTE_DOMID_MASK, hw->dte[1]) == hw->domid;
}

u32 amd_lu_domain_id(const struct iommu_device_ser *ser)
{
	return amd_lu_device_hw(ser)->domid;
}

int amd_lu_accept_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser)
{
	if (!amd_lu_accepted)
		return -ENOMEM;
	__set_bit(ser->bdf, amd_lu_accepted);
	return 0;
}

void amd_lu_block_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser)
{
	amd_lu_block(to_amd_iommu(iommu), ser->bdf);
}

/**
 * amd_liveupdate_block_table() - Block all devices of a segment for good
 * @pci_seg: A segment. This kernel has failed to set its units up.
 *
 * Context: Boot.
 * Return: True if a unit of the segment has incoming devices: the table stays in use.
 */
bool amd_liveupdate_block_table(struct amd_iommu_pci_seg *pci_seg)
{
	struct amd_iommu *iommu;
	bool block = false;
	char name[24];

	for_each_iommu(iommu) {
		if (iommu->pci_seg != pci_seg)
			continue;
		amd_lu_unit_name(iommu, name, sizeof(name));
		block |= iommu_liveupdate_isolate_unit(&iommu->iommu, name, &amd_liveupdate_ops);
	}
	if (block)
		amd_lu_block_others(pci_seg);
	return block;
}

/**
 * amd_liveupdate_setup_failed() - Prepare for the end of a set-up that failed
 *
 * Without interrupt remapping the caller turns units off and frees all tables. If it is an
 * adopted one all devices have been quiesced.
 *
 * Context: Boot.
 */
void amd_liveupdate_setup_failed(void)
{
	struct amd_iommu *iommu;

	amd_lu_destroy_ids();
	for_each_iommu(iommu) {
		if (!irq_remapping_enabled && iommu->flags & AMD_IOMMU_FLAG_INCOMING &&
		    amd_lu_adopted(iommu))
			iommu->flags &= ~AMD_IOMMU_FLAG_INCOMING;
	}
}

static void __init amd_lu_turn_off(const struct acpi_ivrs_hardware_10 *ivhd)
{
	void __iomem *base = ioremap(ivhd->base_address, SZ_4K);
	u64 control;

	if (!base)
		return;
	control = readq(base + MMIO_CONTROL_OFFSET);
	if (control & BIT_ULL(CONTROL_IOMMU_EN)) {
		pr_err_once("AMD-Vi: not used by this kernel: isolating all incoming devices\n");
		iommu_liveupdate_reject_early();
		writeq(control & ~BIT_ULL(CONTROL_IOMMU_EN), base + MMIO_CONTROL_OFFSET);
	}
	iounmap(base);
}

/**
 * amd_liveupdate_no_irq_remapping() - Let interrupts pass through units that are on
 *
 * For a kernel that does not remap interrupts. The units would block them, and have an entry
 * cached until a command flushes it: they are set up before the first interrupt is needed.
 * Units that this kernel does not use, or cannot set up, are turned off.
 *
 * Context: Boot, before PCI enumeration. The driver may not have found any unit.
 */
void __init amd_liveupdate_no_irq_remapping(void)
{
	struct acpi_table_header *ivrs;
	struct acpi_ivrs_header *entry;

	if (!is_kho_boot() || is_kdump_kernel() || !amd_iommu_enable_units() ||
	    ACPI_FAILURE(acpi_get_table("IVRS", 0, &ivrs)))
		return;
	for (entry = (void *)ivrs + sizeof(struct acpi_table_ivrs);
	     (void *)entry < (void *)ivrs + ivrs->length && entry->length;
	     entry = (void *)entry + entry->length) {
		if (entry->type == ACPI_IVRS_TYPE_HARDWARE1 ||
		    entry->type == ACPI_IVRS_TYPE_HARDWARE2 ||
		    entry->type == ACPI_IVRS_TYPE_HARDWARE3)
			amd_lu_turn_off((void *)entry);
	}
	acpi_put_table(ivrs);
}

static int __init amd_lu_init(void)
{
	kho_record_register_layout(KHO_RECORD_LAYOUT("iommu-amd", IOMMU_RECORD_AMD_VERSION));
	return 0;
}
fs_initcall_sync(amd_lu_init);
