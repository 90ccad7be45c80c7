// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: incoming records
 *
 * Every record is validated before any field of it is used: type, version, size
 * and checksum by kho_record_get(), references between records here, the state of
 * the hardware by the driver of the unit (takeover.c), the page table by
 * generic_pt. An invalid record isolates only the devices that it describes.
 * Invalid records never abort the boot. If the index is unreadable, the set of
 * preserved devices is unknown, so all devices are isolated.
 */
#define pr_fmt(fmt) "iommu liveupdate: " fmt

#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/kexec_handover.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "liveupdate.h"

/* The driver of the unit checks kind, version and size of the tail. */
static bool iommu_lu_hw_valid(const struct iommu_hw_ser *hw, const u8 *data, size_t max)
{
	return hw->kind && hw->size <= max && !memchr_inv(data + hw->size, 0, max - hw->size);
}

static int iommu_lu_read_domain(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_domain *lu_domain;
	struct iommu_domain_ser *ser;

	ser = kho_record_get(kho_record_index_slot(set->index, id), IOMMU_RECORD_DOMAIN,
			     IOMMU_RECORD_DOMAIN_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);
	if (ser->flags & ~IOMMU_DOMAIN_SER_FLAGS || ser->reserved ||
	    !memchr(ser->format, 0, sizeof(ser->format)))
		return -EPROTO;

	lu_domain = kzalloc_obj(*lu_domain);
	if (!lu_domain)
		return -ENOMEM;
	lu_domain->ser = ser;
	lu_domain->id = id;
	list_add_tail(&lu_domain->item, &set->domains);
	return 0;
}

static int iommu_lu_read_unit(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_unit *unit;
	struct iommu_unit_ser *ser;

	ser = kho_record_get(kho_record_index_slot(set->index, id), IOMMU_RECORD_UNIT,
			     IOMMU_RECORD_UNIT_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);
	if (memchr_inv(ser->reserved, 0, sizeof(ser->reserved)) ||
	    !iommu_lu_hw_valid(&ser->hw, ser->hw_data, sizeof(ser->hw_data)))
		return -EPROTO;

	unit = kzalloc_obj(*unit);
	if (!unit)
		return -ENOMEM;
	unit->ser = ser;
	unit->id = id;
	list_add_tail(&unit->item, &set->units);
	return 0;
}

static void iommu_lu_count_device(struct iommu_lu_set *set, struct iommu_lu_device *lu_dev)
{
	lu_dev->domain->nr_devices++;
	iommu_lu_count_pasids(set, lu_dev->ser, 1);
}

static int iommu_lu_read_device(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_device *lu_dev;
	struct iommu_device_ser *ser;

	ser = kho_record_get(kho_record_index_slot(set->index, id), IOMMU_RECORD_DEVICE,
			     IOMMU_RECORD_DEVICE_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	lu_dev = kzalloc_obj(*lu_dev);
	if (!lu_dev)
		return -ENOMEM;
	lu_dev->ser = ser;
	lu_dev->domain = iommu_lu_find_domain_id(set, ser->domain);
	lu_dev->unit = iommu_lu_find_unit_id(set, ser->unit);
	if (ser->reserved || !lu_dev->domain || !lu_dev->unit ||
	    ser->hw.kind != lu_dev->unit->ser->hw.kind ||
	    !iommu_lu_hw_valid(&ser->hw, ser->hw_data, sizeof(ser->hw_data)) ||
	    !iommu_lu_pasids_valid(set, ser, lu_dev->domain->ser->owner))
		lu_dev->error = -EPROTO;
	else if (iommu_lu_incoming_lost)
		lu_dev->error = -EIO;
	else
		iommu_lu_count_device(set, lu_dev);
	list_add_tail(&lu_dev->item, &set->devices);
	return 0;
}

/* Device records are read last, they refer to the others. */
static void iommu_lu_read_records(struct iommu_lu_set *set)
{
	static int (*const read[])(struct iommu_lu_set *set, u32 id) = {
		iommu_lu_read_domain, iommu_lu_read_unit, iommu_lu_read_device,
	};
	unsigned int pass, nr_read = 0, nr_slots = 0;
	u32 id = 0;
	int ret;

	while (kho_record_index_next(set->index, &id))
		nr_slots++;

	for (pass = 0; pass < ARRAY_SIZE(read); pass++) {
		for (id = 0; kho_record_index_next(set->index, &id); ) {
			ret = read[pass](set, id);
			nr_read += !ret;
			if (ret && ret != -ENOMSG)
				pr_err("record %u is invalid: %pe\n", id, ERR_PTR(ret));
		}
	}
	set->nr_invalid = nr_slots - nr_read;
}

/* Turn bus mastering off and wait until the last posted write has arrived. */
static void iommu_lu_quiesce_device(struct pci_dev *pdev)
{
	u16 before, after;

	pci_read_config_word(pdev, PCI_COMMAND, &before);
	pci_clear_master(pdev);
	if (!(before & PCI_COMMAND_MASTER))
		return;
	/* The completion of the read pushes posted writes of the device. */
	pci_read_config_word(pdev, PCI_COMMAND, &after);
	pci_wait_for_pending_transaction(pdev);
}

/*
 * Quiesce every device without a valid record in @set. This comes before the first
 * unit is taken over: from then on such a device would use this kernel's own
 * entries, and reach all of memory if they are pass-through. It covers devices
 * that the previous kernel has failed to quiesce. PCI devices have been enumerated.
 */
void iommu_lu_quiesce_others(struct iommu_lu_set *set)
{
	struct iommu_lu_device *lu_dev;
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		lu_dev = iommu_lu_find_device(set, &pdev->dev);
		if (!pci_is_bridge(pdev) && (!lu_dev || lu_dev->error))
			iommu_lu_quiesce_device(pdev);
	}
}

/**
 * iommu_lu_read_set() - Read all incoming records
 * @phys: Physical address of their index.
 *
 * Devices without a valid record are quiesced.
 *
 * Context: Boot, process context.
 * Return: The set, to be freed with iommu_lu_free_set(); NULL if there is no memory.
 */
struct iommu_lu_set *iommu_lu_read_set(u64 phys)
{
	struct kho_record_index_ser *index;
	struct iommu_lu_set *set;

	set = kzalloc_obj(*set);
	if (!set)
		return NULL;
	index = kho_record_index_get(phys, IOMMU_RECORD_INDEX);
	if (IS_ERR(index)) {
		pr_err("index is invalid (%pe): isolating all incoming devices\n", index);
		iommu_lu_set_init(set, NULL);
		set->nr_invalid = 1;
	} else {
		iommu_lu_set_init(set, index);
		iommu_lu_read_records(set);
	}
	iommu_lu_quiesce_others(set);
	return set;
}

/**
 * iommu_lu_free_set() - Free an incoming set and its records
 * @set: The set. All its devices are finished or isolated.
 *
 * A unit that was not taken over keeps its tables, and they are never freed.
 *
 * Context: Process context, may sleep.
 */
void iommu_lu_free_set(struct iommu_lu_set *set)
{
	struct iommu_lu_domain *lu_domain, *next_domain;
	struct iommu_lu_device *lu_dev, *next_dev;
	struct iommu_lu_unit *unit, *next_unit;

	list_for_each_entry_safe(lu_dev, next_dev, &set->devices, item) {
		kho_record_put(lu_dev->ser);
		put_device(lu_dev->dev);
		kfree(lu_dev);
	}
	list_for_each_entry_safe(unit, next_unit, &set->units, item) {
		if (unit->valid && unit->ops->finish_unit)
			unit->ops->finish_unit(unit->iommu, unit->ser);
		kho_record_put(unit->ser);
		kfree(unit);
	}
	list_for_each_entry_safe(lu_domain, next_domain, &set->domains, item) {
		kho_record_put(lu_domain->ser);
		kfree(lu_domain);
	}
	kho_record_index_put(set->index);
	kfree(set);
}

/**
 * iommu_liveupdate_incoming_device() - Find the record of a device
 * @dev: A device that is being probed.
 *
 * Return: The record, valid until the device is finished; NULL if there is no valid
 * one.
 */
struct iommu_device_ser *iommu_liveupdate_incoming_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	return lu_dev && !lu_dev->error ? lu_dev->ser : NULL;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_incoming_device, "vfio-pci");

/* Quiesce a rejected device, unless another record for the same address is valid. */
static void iommu_lu_quiesce_rejected(const struct iommu_device_ser *ser)
{
	struct iommu_lu_device *lu_dev;
	struct pci_dev *pdev;

	pdev = pci_get_domain_bus_and_slot(ser->segment, PCI_BUS_NUM(ser->bdf),
					   ser->bdf & 0xff);
	if (!pdev)
		return;
	lu_dev = iommu_lu_find_device(iommu_lu_incoming, &pdev->dev);
	if (lu_dev && lu_dev->error)
		iommu_lu_quiesce_device(pdev);
	pci_dev_put(pdev);
}

/**
 * iommu_lu_reject() - Reject a device whose record and hardware do not agree
 * @lu_dev: The device, which has a record.
 * @error: Negative errno.
 * @why: Reason for the log.
 *
 * The device is quiesced and loses the entries that were accepted for it. It is
 * isolated when its group is attached.
 *
 * Context: Process context. The caller holds iommu_lu_mutex.
 */
void iommu_lu_reject(struct iommu_lu_device *lu_dev, int error, const char *why)
{
	const struct iommu_device_ser *ser = lu_dev->ser;

	lockdep_assert_held(&iommu_lu_mutex);
	lu_dev->error = error;
	pr_err("%04x:%02x:%02x.%u: isolated: %s\n", ser->segment, PCI_BUS_NUM(ser->bdf),
	       PCI_SLOT(ser->bdf), PCI_FUNC(ser->bdf), why);
	iommu_lu_quiesce_rejected(ser);
	if (lu_dev->accepted)
		lu_dev->unit->ops->block_entry(lu_dev->unit->iommu, ser);
	lu_dev->accepted = false;
}

/**
 * iommu_liveupdate_reject_device() - Reject a device that cannot be taken over
 * @ser: The device's record.
 * @why: Reason for the log.
 *
 * Context: Process context, while the device is probed.
 */
void iommu_liveupdate_reject_device(const struct iommu_device_ser *ser, const char *why)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (lu_dev->ser == ser)
			iommu_lu_reject(lu_dev, -EIO, why);
	}
}
