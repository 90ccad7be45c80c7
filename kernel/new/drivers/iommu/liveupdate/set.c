// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: the outgoing and the incoming set
 *
 * There are two sets of records: the outgoing one (outgoing.c) and the incoming one
 * (incoming.c). The Live Update Orchestrator ties their lifetimes to those of the
 * files in its sessions (flb.c).
 *
 * Locking: iommu_lu_mutex protects both sets and every object in them. Objects of
 * the incoming set are added at any time, and freed with the set, when the last
 * file of all incoming sessions is finished. So a caller that acts for a file that
 * is not finished, or during boot before there are files, can use a pointer to an
 * object, its record and its constant members after it has dropped the mutex.
 *
 * The mutex is taken inside the locks of the Live Update Orchestrator, inside a
 * group's mutex, and inside the locks with which IOMMU drivers set up their units.
 */
#include <linux/mutex.h>

#include "liveupdate.h"

/* Protects both sets */
DEFINE_MUTEX(iommu_lu_mutex);
struct iommu_lu_set *iommu_lu_outgoing;
struct iommu_lu_set *iommu_lu_incoming;
/* There may be incoming devices, and none of them can be taken over */
bool iommu_lu_incoming_lost;

void iommu_lu_set_init(struct iommu_lu_set *set, struct kho_record_index_ser *index)
{
	set->index = index;
	INIT_LIST_HEAD(&set->domains);
	INIT_LIST_HEAD(&set->units);
	INIT_LIST_HEAD(&set->devices);
}

struct iommu_lu_domain *iommu_lu_find_domain(struct iommu_lu_set *set,
					     const struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	if (!set)
		return NULL;
	list_for_each_entry(lu_domain, &set->domains, item) {
		if (lu_domain->domain == domain)
			return lu_domain;
	}
	return NULL;
}

struct iommu_lu_domain *iommu_lu_find_domain_id(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_domain *lu_domain;

	if (!set)
		return NULL;
	list_for_each_entry(lu_domain, &set->domains, item) {
		if (lu_domain->id == id)
			return lu_domain;
	}
	return NULL;
}

struct iommu_lu_unit *iommu_lu_find_unit_id(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_unit *unit;

	list_for_each_entry(unit, &set->units, item) {
		if (unit->id == id)
			return unit;
	}
	return NULL;
}

/* The unit with the identity of @ser: kind, segment and register base */
struct iommu_lu_unit *iommu_lu_find_unit(struct iommu_lu_set *set,
					 const struct iommu_unit_ser *ser)
{
	struct iommu_lu_unit *unit;

	list_for_each_entry(unit, &set->units, item) {
		if (iommu_lu_is_unit(unit->ser, ser))
			return unit;
	}
	return NULL;
}

/*
 * A valid record takes precedence over an invalid one with the same address. A
 * device without a record is found by its struct device.
 */
struct iommu_lu_device *iommu_lu_find_device(struct iommu_lu_set *set, struct device *dev)
{
	struct iommu_lu_device *lu_dev, *invalid = NULL;

	if (!set || !dev_is_pci(dev))
		return NULL;
	list_for_each_entry(lu_dev, &set->devices, item) {
		if (lu_dev->removed)
			continue;
		if (lu_dev->ser ? !iommu_lu_is_device(lu_dev->ser, to_pci_dev(dev)) :
				  lu_dev->dev != dev)
			continue;
		if (!lu_dev->error)
			return lu_dev;
		invalid = invalid ?: lu_dev;
	}
	return invalid;
}

/* A finished device is an ordinary one, even if it is probed again. */
struct iommu_lu_device *iommu_lu_find_unfinished(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	lockdep_assert_held(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_device(iommu_lu_incoming, dev);
	return lu_dev && !lu_dev->finished ? lu_dev : NULL;
}

/*
 * Walk the incoming devices: the one after @prev, the first one if @prev is NULL.
 * @dev is its struct device with a reference for the caller, NULL if it has none.
 */
struct iommu_lu_device *iommu_lu_next_incoming(struct iommu_lu_device *prev,
					       struct device **dev)
{
	struct iommu_lu_device *next;

	guard(mutex)(&iommu_lu_mutex);
	if (!iommu_lu_incoming)
		return NULL;
	next = list_prepare_entry(prev, &iommu_lu_incoming->devices, item);
	next = list_next_entry(next, item);
	if (list_entry_is_head(next, &iommu_lu_incoming->devices, item))
		return NULL;
	*dev = get_device(next->dev);
	return next;
}
