/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __IOMMU_LIVEUPDATE_H
#define __IOMMU_LIVEUPDATE_H

#include <linux/generic_pt/iommu.h>
#include <linux/generic_pt/liveupdate.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iommu.h>
#include <linux/kho/abi/iommu.h>
#include <linux/kho_record.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sched/clock.h>

/**
 * struct iommu_lu_domain - A domain record at run time.
 * @item: In the domains of an outgoing or incoming set.
 * @ser: The record.
 * @domain: The domain; NULL if it is not restored yet, is finished or isolated.
 * @id: Slot of the record.
 * @nr_devices: Devices whose records refer to this one.
 * @taken: Incoming. The domain belongs to an HWPT, adopted or not.
 * @began: Incoming. When the comparison in progress began.
 * @error: Incoming. Why the domain cannot be used, or 0.
 */
struct iommu_lu_domain {
	struct list_head item;
	struct iommu_domain_ser *ser;
	struct iommu_domain *domain;
	u32 id;
	unsigned int nr_devices;
	bool taken;
	u64 began;
	int error;
};

/**
 * struct iommu_lu_unit - A unit record at run time.
 * @item: In the units of an outgoing or incoming set.
 * @ser: The record.
 * @id: Slot of the record.
 * @nr_devices: Outgoing. Devices whose records refer to this one.
 * @iommu: Incoming. The unit, if its driver has found it and takes it over.
 * @ops: Incoming. That driver's operations.
 * @valid: Incoming. The unit translates with the tables of the record.
 */
struct iommu_lu_unit {
	struct list_head item;
	struct iommu_unit_ser *ser;
	u32 id;
	unsigned int nr_devices;
	struct iommu_device *iommu;
	const struct iommu_liveupdate_ops *ops;
	bool valid;
};

/**
 * struct iommu_lu_device - A device record at run time.
 * @item: In the devices of an outgoing or incoming set.
 * @ser: The record; NULL for an isolated device without a valid record.
 * @domain: The domain of the record, or NULL if it is invalid.
 * @unit: The unit of the record, or NULL if it is invalid.
 * @dev: Outgoing: the device. Incoming: the device, with a reference, from its
 *	 first attach until it is finished.
 * @error: Incoming. Why the device is isolated, or 0.
 * @accepted: Incoming. @unit has entries of this device in its tables.
 * @finished: Incoming. The device is an ordinary one.
 * @removed: Incoming. The device was hot-removed. A device that is found at its
 *	     address later is another one.
 * @resetting: Incoming. A work item resets the discarded device.
 */
struct iommu_lu_device {
	struct list_head item;
	struct iommu_device_ser *ser;
	struct iommu_lu_domain *domain;
	struct iommu_lu_unit *unit;
	struct device *dev;
	int error;
	bool accepted;
	bool finished;
	bool removed;
	bool resetting;
};

/**
 * struct iommu_lu_set - All records of one direction.
 * @index: The index record; NULL if the incoming one is invalid.
 * @domains: All &struct iommu_lu_domain.
 * @units: All &struct iommu_lu_unit.
 * @devices: All &struct iommu_lu_device.
 * @nr_invalid: Incoming. Number of invalid records.
 */
struct iommu_lu_set {
	struct kho_record_index_ser *index;
	struct list_head domains;
	struct list_head units;
	struct list_head devices;
	unsigned int nr_invalid;
};

/* set.c */
extern struct mutex iommu_lu_mutex;
extern struct iommu_lu_set *iommu_lu_outgoing;
extern struct iommu_lu_set *iommu_lu_incoming;
extern bool iommu_lu_incoming_lost;

void iommu_lu_set_init(struct iommu_lu_set *set, struct kho_record_index_ser *index);
struct iommu_lu_domain *iommu_lu_find_domain(struct iommu_lu_set *set,
					     const struct iommu_domain *domain);
struct iommu_lu_domain *iommu_lu_find_domain_id(struct iommu_lu_set *set, u32 id);
struct iommu_lu_unit *iommu_lu_find_unit_id(struct iommu_lu_set *set, u32 id);
struct iommu_lu_unit *iommu_lu_find_unit(struct iommu_lu_set *set,
					 const struct iommu_unit_ser *ser);
struct iommu_lu_device *iommu_lu_find_device(struct iommu_lu_set *set, struct device *dev);
struct iommu_lu_device *iommu_lu_find_unfinished(struct device *dev);
struct iommu_lu_device *iommu_lu_next_incoming(struct iommu_lu_device *prev,
					       struct device **dev);

/* outgoing.c, takeover.c */
void iommu_lu_identify_unit(struct iommu_device *iommu,
			    const struct iommu_liveupdate_ops *ops,
			    struct iommu_unit_ser *ser);
void iommu_lu_keep_ids(struct iommu_lu_device *lu_dev);

/* incoming.c */
struct iommu_lu_set *iommu_lu_read_set(u64 phys);
void iommu_lu_free_set(struct iommu_lu_set *set);
void iommu_lu_reject(struct iommu_lu_device *lu_dev, int error, const char *why);
void iommu_lu_quiesce_others(struct iommu_lu_set *set);

/* attach.c */
struct iommu_domain *iommu_lu_make_domain(struct iommu_lu_domain *lu_domain,
					  struct device *dev);

/* pasid.c */
int iommu_lu_check_pasids(struct device *dev);
int iommu_lu_add_pasids(struct iommu_lu_device *lu_dev);
void iommu_lu_count_pasids(struct iommu_lu_set *set, const struct iommu_device_ser *ser, int by);
bool iommu_lu_pasids_kept(struct iommu_lu_device *lu_dev);
bool iommu_lu_pasids_valid(struct iommu_lu_set *set, const struct iommu_device_ser *ser,
			   u64 owner);
bool iommu_lu_uses(const struct iommu_lu_device *lu_dev,
		   const struct iommu_lu_domain *lu_domain);
int iommu_lu_attach_pasids(struct iommu_lu_device *lu_dev, struct device *dev);

/* discard.c */
void iommu_lu_discard_all(void);

static inline const struct pt_iommu_liveupdate_ops *
iommu_lu_pt_ops(struct iommu_domain *domain)
{
	struct pt_iommu *pt = iommupt_from_domain(domain);

	return pt ? pt->ops->liveupdate : NULL;
}

static inline bool iommu_lu_is_device(const struct iommu_device_ser *ser,
				      struct pci_dev *pdev)
{
	return ser->segment == pci_domain_nr(pdev->bus) &&
	       ser->bdf == pci_dev_id(pdev);
}

static inline bool iommu_lu_is_unit(const struct iommu_unit_ser *ser,
				    const struct iommu_unit_ser *other)
{
	return ser->hw.kind == other->hw.kind && ser->segment == other->segment &&
	       ser->reg_base == other->reg_base;
}

#endif /* __IOMMU_LIVEUPDATE_H */
