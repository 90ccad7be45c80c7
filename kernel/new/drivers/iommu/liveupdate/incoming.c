// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update of the IOMMU: the records that came in
 *
 * Records are checked before anything in them is used: magic, version, length
 * and checksum by kho_record_get(), references from one record to another here,
 * what the hardware says by the driver of the unit, the page table by
 * generic_pt. A record that cannot be used costs the devices that it is about,
 * and no other; bad records never stop the boot. If the index itself is lost it
 * is not known which devices came in, and none of them gets through.
 */
#define pr_fmt(fmt) "iommu liveupdate: " fmt

#include <linux/crash_dump.h>
#include <linux/kexec_handover.h>
#include <linux/slab.h>

#include "liveupdate.h"

/* Something may have come in that could not be read at all */
static bool incoming_lost;

static struct iommu_lu_unit *lu_unit_by_id(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_unit *unit;

	list_for_each_entry(unit, &set->units, item) {
		if (unit->id == id)
			return unit;
	}
	return NULL;
}

static int lu_read_domain(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_domain *lu_domain;
	struct iommu_domain_ser *ser;

	ser = kho_record_get(set->index->slots[id], IOMMU_RECORD_DOMAIN,
			     IOMMU_RECORD_DOMAIN_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);
	if (ser->flags || ser->reserved || !memchr(ser->format, 0, sizeof(ser->format)))
		return -EPROTO;

	lu_domain = kzalloc_obj(*lu_domain);
	if (!lu_domain)
		return -ENOMEM;
	lu_domain->ser = ser;
	lu_domain->id = id;
	list_add_tail(&lu_domain->item, &set->domains);
	return 0;
}

static int lu_read_unit(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_unit *unit;
	struct iommu_unit_ser *ser;

	ser = kho_record_get(set->index->slots[id], IOMMU_RECORD_UNIT,
			     IOMMU_RECORD_UNIT_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);
	if (ser->reserved)
		return -EPROTO;

	unit = kzalloc_obj(*unit);
	if (!unit)
		return -ENOMEM;
	unit->ser = ser;
	unit->id = id;
	list_add_tail(&unit->item, &set->units);
	return 0;
}

static int lu_read_device(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_device *lu_dev;
	struct iommu_device_ser *ser;

	ser = kho_record_get(set->index->slots[id], IOMMU_RECORD_DEVICE,
			     IOMMU_RECORD_DEVICE_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	lu_dev = kzalloc_obj(*lu_dev);
	if (!lu_dev)
		return -ENOMEM;
	lu_dev->ser = ser;
	lu_dev->domain = iommu_lu_domain_by_id(set, ser->domain);
	lu_dev->unit = lu_unit_by_id(set, ser->unit);
	if (ser->reserved || !lu_dev->domain || !lu_dev->unit)
		lu_dev->error = -EPROTO;
	else
		lu_dev->domain->nr_devices++;
	list_add_tail(&lu_dev->item, &set->devices);
	return 0;
}

/* Devices come last, they refer to the others. */
static void lu_read_records(struct iommu_lu_set *set)
{
	static int (*const read[])(struct iommu_lu_set *set, u32 id) = {
		lu_read_domain, lu_read_unit, lu_read_device,
	};
	unsigned int pass, id, nr_read = 0, nr_slots = 0;
	int ret;

	for (id = 1; id < KHO_RECORD_INDEX_SLOTS; id++)
		nr_slots += !!set->index->slots[id];

	for (pass = 0; pass < ARRAY_SIZE(read); pass++) {
		for (id = 1; id < KHO_RECORD_INDEX_SLOTS; id++) {
			if (!set->index->slots[id])
				continue;
			ret = read[pass](set, id);
			nr_read += !ret;
			if (ret && ret != -ENOMSG)
				pr_err("record %u cannot be used: %pe\n", id, ERR_PTR(ret));
		}
	}
	set->nr_bad = nr_slots - nr_read;
}

/*
 * What does not go on must stop before the first unit is taken over: a device that
 * has no good record, for which no unit will translate, and one that the previous
 * kernel did not stop for good. That would reach memory through this kernel's own
 * entries, all of it if they pass through. PCI devices have been enumerated by then.
 */
static void lu_stop_others(struct iommu_lu_set *set)
{
	struct iommu_lu_device *lu_dev;
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		lu_dev = iommu_lu_find_device(set, &pdev->dev);
		if (!pci_is_bridge(pdev) && (!lu_dev || lu_dev->error))
			pci_clear_master(pdev);
	}
}

/**
 * iommu_liveupdate_quiesce() - Let nothing that came in go on.
 *
 * For a kernel that does not know what it is, or is about to turn translation off.
 *
 * Context: Boot, when PCI devices have been found and no driver has bound to one.
 */
void iommu_liveupdate_quiesce(void)
{
	if (!is_kho_boot() || is_kdump_kernel())
		return;
	incoming_lost = true;
	lu_stop_others(NULL);
}

/**
 * iommu_lu_read_set() - Read all records that came in.
 * @phys: Address of their index.
 *
 * Return: The set, or NULL without memory.
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
		pr_err("the previous kernel's records cannot be read, its devices are cut off\n");
		iommu_lu_set_init(set, NULL);
		set->nr_bad = 1;
	} else {
		iommu_lu_set_init(set, index);
		lu_read_records(set);
	}
	lu_stop_others(set);
	return set;
}

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
		if (unit->ops)
			unit->ops->finish_unit(unit->ser);
		kho_record_put(unit->ser);
		kfree(unit);
	}
	list_for_each_entry_safe(lu_domain, next_domain, &set->domains, item) {
		kho_record_put(lu_domain->ser);
		kfree(lu_domain);
	}
	kho_record_put(set->index);
	kfree(set);
}

/**
 * iommu_liveupdate_incoming_unit() - What did the previous kernel leave here?
 * @kind: IOMMU_UNIT_SER_* of the caller.
 * @reg_base: Physical address of the unit's registers. The unit was found
 *	      translating; the previous kernel turned it off if it was not needed.
 *
 * Context: Process context, may sleep.
 * Return: The unit's record; NULL if there was no live update with devices; an
 * ERR_PTR() if it is not known what the previous kernel left in this unit. Then
 * the unit's translation has to stay on, and translate nothing.
 */
struct iommu_unit_ser *iommu_liveupdate_incoming_unit(u32 kind, u64 reg_base)
{
	struct iommu_lu_unit *unit;

	if (!iommu_lu_incoming)
		return incoming_lost ? ERR_PTR(-EIO) : NULL;
	list_for_each_entry(unit, &iommu_lu_incoming->units, item) {
		if (unit->ser->kind == kind && unit->ser->reg_base == reg_base)
			return unit->ser;
	}
	return ERR_PTR(-EIO);
}

/**
 * iommu_liveupdate_next_device() - Walk the devices behind a unit.
 * @unit: The unit's record.
 * @prev: The device returned before, or NULL to begin.
 *
 * Return: The next device's record whose references are good, or NULL.
 */
struct iommu_device_ser *iommu_liveupdate_next_device(const struct iommu_unit_ser *unit,
						      struct iommu_device_ser *prev)
{
	struct iommu_lu_device *lu_dev;
	bool found = !prev;

	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (found && !lu_dev->error && lu_dev->unit->ser == unit)
			return lu_dev->ser;
		found |= lu_dev->ser == prev;
	}
	return NULL;
}

/**
 * iommu_liveupdate_incoming_device() - What did the previous kernel leave here?
 * @dev: A device that is being probed.
 *
 * Return: The device's record, or NULL if there is none that can be used.
 */
struct iommu_device_ser *iommu_liveupdate_incoming_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	return lu_dev && !lu_dev->error ? lu_dev->ser : NULL;
}

/* Unless another record says that it may go on */
static void lu_stop_rejected(const struct iommu_device_ser *ser)
{
	struct iommu_lu_device *lu_dev;
	struct pci_dev *pdev;

	pdev = pci_get_domain_bus_and_slot(ser->segment, PCI_BUS_NUM(ser->bdf),
					   ser->bdf & 0xff);
	if (!pdev)
		return;
	lu_dev = iommu_lu_find_device(iommu_lu_incoming, &pdev->dev);
	if (lu_dev && lu_dev->error)
		pci_clear_master(pdev);
	pci_dev_put(pdev);
}

/**
 * iommu_liveupdate_reject_device() - Hardware and record do not agree.
 * @ser: The device's record.
 * @why: What is wrong, for the log.
 *
 * Context: Boot, before the unit is taken over. The device stops, and will be
 * isolated when its group is attached.
 */
void iommu_liveupdate_reject_device(const struct iommu_device_ser *ser, const char *why)
{
	struct iommu_lu_device *lu_dev;

	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (lu_dev->ser != ser)
			continue;
		lu_dev->error = -EIO;
		pr_err("%04x:%02x:%02x.%u: %s\n", ser->segment, PCI_BUS_NUM(ser->bdf),
		       PCI_SLOT(ser->bdf), PCI_FUNC(ser->bdf), why);
		lu_stop_rejected(ser);
	}
}
