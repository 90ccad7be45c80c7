// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: taking units over
 *
 * The driver of an IOMMU finds a unit that translates with the tables of the
 * previous kernel. The entries of valid devices are copied into the tables that
 * this kernel has allocated for the unit, and their domain ids are reserved. Then
 * the driver makes the unit use its own tables, as at any boot. Translation is
 * never off in between.
 *
 * The policy for everything that can be wrong is here. An entry is accepted only if
 * it is in the hardware's tables as the record says, all that it points to is
 * preserved memory, no other domain uses its domain id, and the device was found
 * at its address. A device without an entry is blocked. A unit whose record is
 * missing or invalid starts with empty tables, which blocks all its devices. Only
 * a unit in another mode than this kernel uses is turned off, after every device
 * of the machine has been quiesced.
 */
#define pr_fmt(fmt) "iommu liveupdate: " fmt

#include <linux/crash_dump.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>

#include "liveupdate.h"

/**
 * iommu_lu_identify_unit() - Fill in the identity of a unit
 * @iommu: The unit.
 * @ops: Operations of its driver.
 * @ser: Out: a record without a header, with the layout of its tail.
 */
void iommu_lu_identify_unit(struct iommu_device *iommu,
			    const struct iommu_liveupdate_ops *ops,
			    struct iommu_unit_ser *ser)
{
	*ser = (struct iommu_unit_ser){
		.hw.kind = ops->hw_kind,
		.hw.version = ops->hw_version,
		.hw.size = ops->unit_hw_size,
	};
	ops->identify_unit(iommu, ser);
}

static struct iommu_lu_unit *iommu_lu_incoming_unit(struct iommu_device *iommu,
						    const struct iommu_liveupdate_ops *ops)
{
	struct iommu_unit_ser self;

	if (!iommu_lu_incoming)
		return NULL;
	iommu_lu_identify_unit(iommu, ops, &self);
	return iommu_lu_find_unit(iommu_lu_incoming, &self);
}

static void iommu_lu_reject_unit(struct iommu_lu_unit *unit, const char *why)
{
	struct iommu_lu_device *lu_dev;

	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (!lu_dev->error && lu_dev->unit == unit)
			iommu_lu_reject(lu_dev, -EIO, why);
	}
}

/* A unit is about to be turned off. The core does not know which devices are behind it. */
static void iommu_lu_quiesce_all(void)
{
	struct iommu_lu_unit *unit;

	iommu_lu_incoming_lost = true;
	iommu_lu_quiesce_others(NULL);
	if (!iommu_lu_incoming)
		return;
	list_for_each_entry(unit, &iommu_lu_incoming->units, item)
		iommu_lu_reject_unit(unit, "translation is turned off");
}

/**
 * iommu_liveupdate_quiesce() - Quiesce every device
 *
 * For a kernel that cannot read its incoming records, or is about to turn
 * translation off.
 *
 * Context: Boot, when PCI devices have been found and no driver has bound to one.
 */
void iommu_liveupdate_quiesce(void)
{
	if (!is_kho_boot() || is_kdump_kernel())
		return;
	guard(mutex)(&iommu_lu_mutex);
	iommu_lu_quiesce_all();
}

/**
 * iommu_liveupdate_isolate_unit() - Isolate the devices of a unit that is not used
 * @iommu: A unit that translates. This kernel ignores it or has failed to set it up.
 * @name: The unit's name for the log.
 * @ops: Operations of the calling driver.
 *
 * Context: Boot.
 * Return: True if the unit must stay on, with empty tables: some of its incoming
 * devices may be unknown to this kernel and still do DMA.
 */
bool iommu_liveupdate_isolate_unit(struct iommu_device *iommu, const char *name,
				   const struct iommu_liveupdate_ops *ops)
{
	struct iommu_lu_unit *unit;

	guard(mutex)(&iommu_lu_mutex);
	if (!iommu_lu_incoming && !iommu_lu_incoming_lost)
		return false;
	if (!ops->same_mode(iommu)) {
		iommu_lu_quiesce_all();
		return false;
	}
	unit = iommu_lu_incoming_unit(iommu, ops);
	if (!unit && iommu_lu_incoming)
		return false;
	pr_err("%s: not used by this kernel: its devices are blocked\n", name);
	if (!unit)
		return true;
	iommu_lu_reject_unit(unit, "its unit is not used by this kernel");
	/* The driver may free the unit, and the hardware still uses its tables. */
	unit->iommu = NULL;
	unit->valid = false;
	return true;
}

/**
 * iommu_liveupdate_keep_translation() - Decide if a unit stays on
 * @iommu: A unit that translates; the previous kernel turned the other ones off.
 * @name: The unit's name for the log.
 * @ops: Operations of the calling driver.
 *
 * Context: Boot, before the unit's tables are allocated.
 * Return: True if translation must not be turned off: the unit translates for
 * incoming devices, or its devices are unknown. Without a call of
 * iommu_liveupdate_take_over_unit() its tables have to be empty.
 */
bool iommu_liveupdate_keep_translation(struct iommu_device *iommu, const char *name,
				       const struct iommu_liveupdate_ops *ops)
{
	struct iommu_lu_unit *unit;

	guard(mutex)(&iommu_lu_mutex);
	if (!iommu_lu_incoming && !iommu_lu_incoming_lost)
		return false;
	unit = iommu_lu_incoming_unit(iommu, ops);
	if (!unit)
		pr_err("%s: no valid unit record: isolating all devices of this unit\n", name);
	if (!ops->same_mode(iommu)) {
		pr_err("%s: the mode of the tables has changed: isolating all devices\n", name);
		iommu_lu_quiesce_all();
		return false;
	}
	if (unit) {
		unit->iommu = iommu;
		unit->ops = ops;
	}
	return true;
}

static bool iommu_lu_hw_fits(const struct iommu_hw_ser *hw,
			     const struct iommu_liveupdate_ops *ops, u32 size)
{
	return hw->kind == ops->hw_kind && hw->version == ops->hw_version && hw->size == size;
}

/* This comes first, so that no invalid record counts against a valid one. */
static void iommu_lu_reject_invalid(struct iommu_lu_unit *unit)
{
	const struct iommu_liveupdate_ops *ops = unit->ops;
	struct iommu_lu_device *lu_dev;

	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (lu_dev->error || lu_dev->unit != unit)
			continue;
		if (!iommu_lu_hw_fits(&lu_dev->ser->hw, ops, ops->device_hw_size) ||
		    (lu_dev->ser->nr_pasids && !ops->attach_pasid))
			iommu_lu_reject(lu_dev, -EPROTO, "hardware part of the record is unknown");
		else if (!ops->entry_valid(unit->iommu, unit->ser, lu_dev->ser))
			iommu_lu_reject(lu_dev, -EIO, "hardware entries differ from the record");
	}
}

/* Use 0 of a domain is for requests without PASID, the others are for a PASID each. */
static u32 iommu_lu_use_domain(const struct iommu_device_ser *ser, unsigned int use)
{
	return use ? ser->pasids[use - 1].domain : ser->domain;
}

static u32 iommu_lu_use_id(const struct iommu_lu_device *lu_dev, unsigned int use)
{
	const struct iommu_liveupdate_ops *ops = lu_dev->unit->ops;

	return use ? ops->pasid_domain_id(lu_dev->ser, use - 1) : ops->domain_id(lu_dev->ser);
}

/* No use of @other has the id @id for another domain than @domain. */
static bool iommu_lu_id_fits(const struct iommu_lu_device *other, u32 domain, u32 id)
{
	unsigned int use;

	for (use = 0; use <= other->ser->nr_pasids; use++) {
		if (iommu_lu_use_domain(other->ser, use) != domain &&
		    iommu_lu_use_id(other, use) == id)
			return false;
	}
	return true;
}

/* Devices of one domain share its id, devices of different domains do not. */
static bool iommu_lu_ids_are_unique(struct iommu_lu_device *lu_dev)
{
	struct iommu_lu_device *other;
	unsigned int use;

	list_for_each_entry(other, &iommu_lu_incoming->devices, item) {
		if (other->error || other->unit != lu_dev->unit)
			continue;
		for (use = 0; use <= lu_dev->ser->nr_pasids; use++) {
			if (!iommu_lu_id_fits(other, iommu_lu_use_domain(lu_dev->ser, use),
					      iommu_lu_use_id(lu_dev, use)))
				return false;
		}
	}
	return true;
}

static int iommu_lu_reserve_ids(struct iommu_lu_device *lu_dev)
{
	unsigned int use;
	int ret = 0;

	for (use = 0; !ret && use <= lu_dev->ser->nr_pasids; use++)
		ret = lu_dev->unit->ops->reserve_id(lu_dev->unit->iommu,
						    iommu_lu_use_id(lu_dev, use));
	return ret;
}

/**
 * iommu_lu_keep_ids() - Reserve the domain ids of a device that has left its domains
 * @lu_dev: An incoming device with an accepted entry, isolated now.
 *
 * Leaving a domain may have freed its id. Other devices of the domain are attached later,
 * and their entries have the id; if it cannot be reserved they are isolated as well.
 *
 * Context: Process context. The caller holds iommu_lu_mutex.
 */
void iommu_lu_keep_ids(struct iommu_lu_device *lu_dev)
{
	struct iommu_lu_domain *lu_domain;
	unsigned int use;

	if (!iommu_lu_reserve_ids(lu_dev))
		return;
	for (use = 0; use <= lu_dev->ser->nr_pasids; use++) {
		lu_domain = iommu_lu_find_domain_id(iommu_lu_incoming,
						    iommu_lu_use_domain(lu_dev->ser, use));
		lu_domain->error = -ENOMEM;
	}
}

/* A device that enumeration did not find cannot be quiesced, so it gets no entry. */
static bool iommu_lu_was_found(const struct iommu_device_ser *ser)
{
	struct pci_dev *pdev;

	pdev = pci_get_domain_bus_and_slot(ser->segment, PCI_BUS_NUM(ser->bdf),
					   ser->bdf & 0xff);
	pci_dev_put(pdev);
	return pdev;
}

static void iommu_lu_take_over_device(struct iommu_lu_device *lu_dev)
{
	const struct iommu_liveupdate_ops *ops = lu_dev->unit->ops;
	struct iommu_device *iommu = lu_dev->unit->iommu;

	if (!iommu_lu_was_found(lu_dev->ser))
		iommu_lu_reject(lu_dev, -ENODEV, "device was not found by this kernel");
	else if (!iommu_lu_ids_are_unique(lu_dev))
		iommu_lu_reject(lu_dev, -EIO, "another domain has the same domain id");
	else if (ops->accept_entry(iommu, lu_dev->ser))
		iommu_lu_reject(lu_dev, -ENOMEM, "no memory for its hardware entries");
	else
		lu_dev->accepted = true;

	/* Also if the device is isolated: the hardware may have cached the id. */
	if (iommu_lu_reserve_ids(lu_dev) && !lu_dev->error)
		iommu_lu_reject(lu_dev, -ENOMEM, "no memory to reserve its domain id");
}

/**
 * iommu_liveupdate_take_over_unit() - Copy the entries of incoming devices
 * @iommu: A unit whose tables were just allocated, and are not used yet.
 * @name: The unit's name for the log.
 * @ops: Operations of the calling driver.
 *
 * Context: Boot.
 */
void iommu_liveupdate_take_over_unit(struct iommu_device *iommu, const char *name,
				     const struct iommu_liveupdate_ops *ops)
{
	struct iommu_lu_device *lu_dev;
	struct iommu_lu_unit *unit;

	guard(mutex)(&iommu_lu_mutex);
	unit = iommu_lu_incoming_unit(iommu, ops);
	if (!unit)
		return;
	unit->iommu = iommu;
	unit->ops = ops;
	if (!iommu_lu_hw_fits(&unit->ser->hw, ops, ops->unit_hw_size) ||
	    !ops->unit_valid(iommu, unit->ser)) {
		iommu_lu_reject_unit(unit, "unit does not use the tables of its record");
		return;
	}
	unit->valid = true;
	iommu_lu_reject_invalid(unit);
	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (!lu_dev->error && lu_dev->unit == unit)
			iommu_lu_take_over_device(lu_dev);
	}
	pr_info("%s: took over translation\n", name);
}

/*
 * A device that was found and not probed by its IOMMU driver has live entries, and
 * no object of this kernel would ever remove them.
 */
static int __init iommu_lu_reject_unprobed(void)
{
	struct iommu_lu_device *lu_dev;
	struct iommu_lu_unit *unit;

	guard(mutex)(&iommu_lu_mutex);
	if (!iommu_lu_incoming)
		return 0;
	list_for_each_entry(unit, &iommu_lu_incoming->units, item) {
		if (!unit->iommu)
			pr_err("record %u: this kernel uses no such IOMMU (kind %u)\n",
			       unit->id, unit->ser->hw.kind);
	}
	list_for_each_entry(lu_dev, &iommu_lu_incoming->devices, item) {
		if (!lu_dev->error && !lu_dev->dev)
			iommu_lu_reject(lu_dev, -ENODEV, "device was not probed");
	}
	return 0;
}
device_initcall(iommu_lu_reject_unprobed);
