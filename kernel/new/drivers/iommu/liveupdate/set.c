// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update of the IOMMU: what is kept, and how long
 *
 * Live update of the IOMMU: the two sets of records, what goes out
 * (outgoing.c) and what came in (incoming.c), and their
 * life time, which the Live Update Orchestrator ties to that of the files.
 *
 * Locking: iommu_lu_mutex protects the outgoing set and the making of incoming
 * domains. It is taken inside LUO's locks and inside a group's mutex. The lists
 * of the incoming set do not change between retrieve and finish, so that they
 * are read without a lock by whoever holds back finish: a file that is not
 * finished, or the boot before there are any.
 */
#include <linux/mutex.h>

#include "liveupdate.h"

/* Protects iommu_lu_outgoing and the making of incoming domains */
DEFINE_MUTEX(iommu_lu_mutex);
struct iommu_lu_set *iommu_lu_outgoing;
struct iommu_lu_set *iommu_lu_incoming;

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

/* A bad record that claims to be another device's does not hide the good one */
struct iommu_lu_device *iommu_lu_find_device(struct iommu_lu_set *set, struct device *dev)
{
	struct iommu_lu_device *lu_dev, *bad = NULL;

	if (!set || !dev_is_pci(dev))
		return NULL;
	list_for_each_entry(lu_dev, &set->devices, item) {
		if (lu_dev->ser ? !iommu_lu_is_device(lu_dev->ser, to_pci_dev(dev)) :
				  lu_dev->dev != dev)
			continue;
		if (!lu_dev->error)
			return lu_dev;
		bad = bad ?: lu_dev;
	}
	return bad;
}

struct iommu_lu_domain *iommu_lu_domain_by_id(struct iommu_lu_set *set, u32 id)
{
	struct iommu_lu_domain *lu_domain;

	list_for_each_entry(lu_domain, &set->domains, item) {
		if (lu_domain->id == id)
			return lu_domain;
	}
	return NULL;
}

/* A device that is finished is like any other, also when it is probed again. */
struct iommu_lu_device *iommu_lu_find_unfinished(struct device *dev)
{
	struct iommu_lu_device *lu_dev = iommu_lu_find_device(iommu_lu_incoming, dev);

	lockdep_assert_held(&iommu_lu_mutex);
	return lu_dev && !lu_dev->finished ? lu_dev : NULL;
}

struct iommu_lu_domain *iommu_lu_find_incoming(const struct iommu_domain *domain)
{
	return iommu_lu_find_domain(iommu_lu_incoming, domain);
}

struct iommu_lu_domain *iommu_lu_incoming_by_id(u32 id)
{
	return iommu_lu_incoming ? iommu_lu_domain_by_id(iommu_lu_incoming, id) : NULL;
}

struct iommu_lu_device *iommu_lu_next_incoming(struct iommu_lu_device *prev)
{
	if (!iommu_lu_incoming)
		return NULL;
	if (!prev)
		return list_first_entry_or_null(&iommu_lu_incoming->devices,
						struct iommu_lu_device, item);
	return list_is_last(&prev->item, &iommu_lu_incoming->devices) ?
		NULL : list_next_entry(prev, item);
}
