// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU live update: hand-over to userspace. All functions are called for a file
 * that is retrieved and not finished, so the incoming set stays.
 */
#include <linux/export.h>
#include <linux/slab.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

static struct iommu_lu_domain *iommu_lu_find_incoming(const struct iommu_domain *domain)
{
	guard(mutex)(&iommu_lu_mutex);
	return iommu_lu_find_domain(iommu_lu_incoming, domain);
}

/**
 * iommu_liveupdate_incoming_domain() - Find an incoming domain
 * @id: Slot of its record.
 * @owner: The value that the file passed to iommu_liveupdate_preserve_domain().
 *
 * Context: Process context, may sleep.
 * Return: The restored domain, read-only. -ENOENT if @owner has no such record, -EIO
 * if the domain or its devices are isolated.
 */
struct iommu_domain *iommu_liveupdate_incoming_domain(u32 id, u64 owner)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain_id(iommu_lu_incoming, id);
	if (!lu_domain || lu_domain->ser->owner != owner)
		return ERR_PTR(-ENOENT);
	return lu_domain->domain ?: ERR_PTR(-EIO);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_incoming_domain, "iommufd");

static int iommu_lu_hand_over_device(struct device *dev, void *owner)
{
	struct iommu_group *group = iommu_group_get(dev);
	int ret;

	if (!group)
		return 0;
	ret = iommu_group_liveupdate_set_owner(group, owner);
	iommu_group_put(group);
	return ret;
}

/* The domain of its requests without PASID decides to which file a device belongs. */
static bool iommu_lu_belongs_to(const struct iommu_lu_device *lu_dev,
				const struct iommu_domain *domain)
{
	guard(mutex)(&iommu_lu_mutex);
	return !lu_dev->error && lu_dev->domain->domain == domain;
}

static bool iommu_lu_uses_domain(const struct iommu_lu_device *lu_dev,
				 const struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_incoming, domain);
	return lu_domain && iommu_lu_uses(lu_dev, lu_domain);
}

/**
 * iommu_liveupdate_hand_over() - Make a caller the DMA owner of a domain's devices
 * @domain: An incoming domain.
 * @owner: The new DMA owner, for iommu_device_claim_dma_owner().
 *
 * Context: Process context, may sleep.
 * Return: 0, or an error of iommu_group_liveupdate_set_owner(). Some devices may be
 * handed over then; the caller isolates the domain.
 */
int iommu_liveupdate_hand_over(struct iommu_domain *domain, void *owner)
{
	struct iommu_lu_device *lu_dev = NULL;
	struct device *dev;
	int ret;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev, &dev))) {
		ret = 0;
		if (dev && iommu_lu_belongs_to(lu_dev, domain))
			ret = iommu_lu_hand_over_device(dev, owner);
		put_device(dev);
		if (ret)
			return ret;
	}
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_hand_over, "iommufd");

/**
 * iommu_liveupdate_adopt_begin() - Begin to compare a domain
 * @domain: An incoming domain.
 *
 * From now on iommu_liveupdate_compare() compares, and iommu_unmap() does nothing: so
 * the code of iommufd that fills a new domain, and undoes this on error, serves an
 * adoption as well. iommu_map() still fails.
 *
 * Context: Process context, may sleep. The caller serialises adoptions and has the
 * only reference to the domain's mappings.
 * Return: 0, -EALREADY if @domain is adopted, -EUCLEAN if its table is damaged. Nothing
 * else in an adoption returns -EUCLEAN.
 */
int iommu_liveupdate_adopt_begin(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_find_incoming(domain);

	int ret;

	if (lu_domain)
		lu_domain->began = local_clock();
	ret = iommu_lu_pt_ops(domain)->adopt_begin(iommupt_from_domain(domain));
	return ret == -EIO ? -EUCLEAN : ret;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_adopt_begin, "iommufd");

/**
 * iommu_liveupdate_is_restored() - Check for a table that is read-only
 * @domain: Any domain.
 *
 * Context: Any; an adoption of @domain excludes the caller.
 * Return: True for a restored domain that is not adopted.
 */
bool iommu_liveupdate_is_restored(struct iommu_domain *domain)
{
	struct pt_iommu *pt = iommupt_from_domain(domain);

	return pt && pt->liveupdate.incoming;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_is_restored, "iommufd");

/**
 * iommu_liveupdate_compare() - Compare memory with a restored table
 * @domain: A restored domain, after iommu_liveupdate_adopt_begin().
 * @runs: The memory. Calls must come in ascending order of IOVA.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBADE if the table maps something else; -EBUSY if there is no comparison.
 */
int iommu_liveupdate_compare(struct iommu_domain *domain,
			     const struct iommu_liveupdate_runs *runs)
{
	return iommu_lu_pt_ops(domain)->compare(iommupt_from_domain(domain), runs);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_compare, "iommufd");

/**
 * iommu_liveupdate_adopt_verify() - End a comparison
 * @domain: The domain; all expected memory was compared, or some differed.
 * @bad_iova: Out: lowest IOVA that differs, else 0.
 * @bytes: Out: bytes that were compared and are equal.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EBADE if the table maps anything else.
 */
int iommu_liveupdate_adopt_verify(struct iommu_domain *domain, u64 *bad_iova, u64 *bytes)
{
	return iommu_lu_pt_ops(domain)->adopt_verify(iommupt_from_domain(domain),
						     bad_iova, bytes);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_adopt_verify, "iommufd");

/* The comparison is over: committed, or ended with @ret */
static void iommu_lu_trace_adopt(struct iommu_lu_domain *lu_domain, int ret)
{
	if (lu_domain)
		trace_iommu_liveupdate_adopt(lu_domain->id, lu_domain->ser->nr_tables,
					     lu_domain->ser->mapped_bytes, ret,
					     lu_domain->began);
}

/**
 * iommu_liveupdate_take_domain() - Make an incoming domain that of an HWPT
 * @domain: The domain, which the HWPT owns from now on. It stays read-only unless it
 *	    is adopted.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_take_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_find_incoming(domain);

	guard(mutex)(&iommu_lu_mutex);
	if (lu_domain)
		lu_domain->taken = true;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_take_domain, "iommufd");

/**
 * iommu_liveupdate_domain_in_use() - Check that a device is attached to a domain
 * @domain: An incoming domain.
 *
 * A device that has left its incoming domain does not come back, see
 * iommufd_liveupdate_may_attach(). So an answer of false stays valid.
 *
 * Context: Process context, may sleep.
 * Return: True if an incoming device that is neither finished nor isolated uses it.
 */
bool iommu_liveupdate_domain_in_use(struct iommu_domain *domain)
{
	struct iommu_lu_device *lu_dev = NULL;
	struct device *dev;
	bool used;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev, &dev))) {
		used = dev && !READ_ONCE(lu_dev->error) &&
		       iommu_lu_uses_domain(lu_dev, domain) &&
		       iommu_liveupdate_is_attached(dev, domain);
		put_device(dev);
		if (used)
			return true;
	}
	return false;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_domain_in_use, "iommufd");

static int iommu_lu_cannot_replace(struct device *member, void *new)
{
	const struct iommu_ops *ops = dev_iommu_ops(member);
	struct iommu_domain *domain = new;

	return domain->owner != ops || !ops->liveupdate || !ops->liveupdate->may_replace ||
	       !ops->liveupdate->may_replace(domain, member, iommu_get_domain_for_dev(member));
}

/**
 * iommu_liveupdate_can_replace() - Check that a device can move without a gap
 * @new: The domain to which it would be attached.
 * @dev: The device, which the caller keeps attached to its domain. Its group moves with it.
 *
 * Context: Process context, may sleep.
 * Return: True if every request of the group's devices translates while they move.
 */
bool iommu_liveupdate_can_replace(struct iommu_domain *new, struct device *dev)
{
	return !iommu_group_for_each_dev(dev->iommu_group, new, iommu_lu_cannot_replace);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_can_replace, "iommufd");

/**
 * iommu_liveupdate_adopt_commit() - Make an incoming domain an ordinary one
 * @domain: The domain, after iommu_liveupdate_adopt_verify() has returned 0.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_liveupdate_adopt_commit(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_find_incoming(domain);

	iommu_lu_pt_ops(domain)->adopt_commit(iommupt_from_domain(domain));
	iommu_liveupdate_take_domain(domain);
	iommu_lu_trace_adopt(lu_domain, 0);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_adopt_commit, "iommufd");

/**
 * iommu_liveupdate_adopt_abort() - Undo iommu_liveupdate_adopt_begin()
 * @domain: The domain; it is read-only again.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_liveupdate_adopt_abort(struct iommu_domain *domain)
{
	iommu_lu_pt_ops(domain)->adopt_abort(iommupt_from_domain(domain));
	iommu_lu_trace_adopt(iommu_lu_find_incoming(domain), -ECANCELED);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_adopt_abort, "iommufd");

/*
 * A device that its file handler did not finish is not known to the HWPT, and would
 * use the table after the HWPT is destroyed.
 */
static void iommu_lu_discard_left(struct iommu_domain *domain)
{
	struct iommu_lu_device *lu_dev = NULL;
	struct device *dev;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev, &dev))) {
		if (dev && iommu_lu_uses_domain(lu_dev, domain))
			iommu_liveupdate_discard_device(dev);
		put_device(dev);
	}
}

/**
 * iommu_liveupdate_finish_domain() - Forget a domain that an HWPT has
 * @domain: The domain; its HWPT owns it from now on. Devices of the domain that are not
 *	    finished are discarded.
 *
 * Context: Process context, may sleep; waits for no device's lock. Cannot fail.
 */
void iommu_liveupdate_finish_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	iommu_lu_discard_left(domain);
	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_incoming, domain);
	if (lu_domain)
		lu_domain->domain = NULL;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_finish_domain, "iommufd");
