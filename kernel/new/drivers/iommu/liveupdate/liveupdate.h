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

/*
 * What is known of a record at run time. The same structs serve what goes out
 * and what came in; an object is on one list or the other.
 */
struct iommu_lu_domain {
	struct list_head item;
	struct iommu_domain_ser *ser;
	struct iommu_domain *domain;
	u32 id;
	unsigned int nr_devices;
	bool adopted;
	/* Incoming: when the comparison that is going on began */
	u64 began;
	/* Incoming: the domain could not be made */
	int error;
};

struct iommu_lu_unit {
	struct list_head item;
	struct iommu_unit_ser *ser;
	const struct iommu_liveupdate_ops *ops;
	u32 id;
	unsigned int nr_devices;
};

struct iommu_lu_device {
	struct list_head item;
	/* NULL for a device that is cut off because it has no good record */
	struct iommu_device_ser *ser;
	struct iommu_lu_domain *domain;
	struct iommu_lu_unit *unit;
	/* Incoming: from its first attach until it is finished, referenced */
	struct device *dev;
	/* Incoming: why the device is cut off, or 0 */
	int error;
	bool finished;
};

struct iommu_lu_set {
	struct kho_record_index_ser *index;
	struct list_head domains;
	struct list_head units;
	struct list_head devices;
	/* Incoming: records that did not check out */
	unsigned int nr_bad;
};

extern struct mutex iommu_lu_mutex;
extern struct iommu_lu_set *iommu_lu_outgoing;
extern struct iommu_lu_set *iommu_lu_incoming;

/* set.c */
void iommu_lu_set_init(struct iommu_lu_set *set, struct kho_record_index_ser *index);
struct iommu_lu_domain *iommu_lu_find_domain(struct iommu_lu_set *set,
					     const struct iommu_domain *domain);
struct iommu_lu_device *iommu_lu_find_device(struct iommu_lu_set *set, struct device *dev);

struct iommu_lu_device *iommu_lu_find_unfinished(struct device *dev);
struct iommu_lu_domain *iommu_lu_domain_by_id(struct iommu_lu_set *set, u32 id);
struct iommu_lu_domain *iommu_lu_find_incoming(const struct iommu_domain *domain);
struct iommu_lu_domain *iommu_lu_incoming_by_id(u32 id);
struct iommu_lu_device *iommu_lu_next_incoming(struct iommu_lu_device *prev);

/* incoming.c */
struct iommu_lu_set *iommu_lu_read_set(u64 phys);
void iommu_lu_free_set(struct iommu_lu_set *set);

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
	return ser->kind == other->kind && ser->segment == other->segment &&
	       ser->reg_base == other->reg_base;
}

#endif /* __IOMMU_LIVEUPDATE_H */
