// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of the IOMMU: how userspace takes over what came in. All
 * functions are called on behalf of a file that has been retrieved and is not
 * finished, so that the incoming set stays.
 */
#include <linux/slab.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

/**
 * iommu_liveupdate_incoming_domain() - A domain from the previous kernel.
 * @id: Id of its record.
 *
 * Return: The domain, held. -ENOENT if there is none, -EIO if it or its devices
 * had to be isolated.
 */
struct iommu_domain *iommu_liveupdate_incoming_domain(u32 id)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_incoming_by_id(id);

	if (!lu_domain)
		return ERR_PTR(-ENOENT);
	return lu_domain->domain ?: ERR_PTR(-EIO);
}

/**
 * iommu_liveupdate_hand_over() - Make somebody the owner of a domain's devices.
 * @domain: A domain from the previous kernel.
 * @owner: Who may claim the DMA ownership of the devices from now on, see
 *	   iommu_device_claim_dma_owner().
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EBUSY if a device has an owner already.
 */
int iommu_liveupdate_hand_over(struct iommu_domain *domain, void *owner)
{
	struct iommu_lu_device *lu_dev = NULL;
	int ret;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev))) {
		if (!lu_dev->dev || lu_dev->error || lu_dev->domain->domain != domain)
			continue;
		ret = iommu_group_liveupdate_set_owner(lu_dev->dev->iommu_group, owner);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * iommu_liveupdate_adopt_begin() - Begin to compare a domain.
 * @domain: A domain from the previous kernel.
 *
 * From now on iommu_map() on @domain compares instead of mapping, and fails with
 * -EBADE when it would map something else than is mapped. iommu_unmap() does
 * nothing. Maps have to come in ascending order.
 *
 * Context: Process context, may sleep. The caller serialises adoptions and has
 * the only reference to the domain's mappings.
 * Return: 0, -EALREADY if @domain is adopted, -EIO if its table is damaged.
 */
int iommu_liveupdate_adopt_begin(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_find_incoming(domain);

	if (lu_domain)
		lu_domain->began = local_clock();
	return iommu_lu_pt_ops(domain)->adopt_begin(iommupt_from_domain(domain));
}

/**
 * iommu_liveupdate_adopt_verify() - Does the domain map anything else?
 * @domain: The domain, all expected mappings have been compared or one failed.
 * @bad_iova: Out: lowest IOVA found to differ, else 0.
 * @bytes: Out: bytes compared and found equal.
 *
 * Return: 0 or -EBADE.
 */
int iommu_liveupdate_adopt_verify(struct iommu_domain *domain, u64 *bad_iova, u64 *bytes)
{
	return iommu_lu_pt_ops(domain)->adopt_verify(iommupt_from_domain(domain),
						     bad_iova, bytes);
}

/* Committed, or compared with the outcome @ret */
static void lu_trace_adopt(struct iommu_lu_domain *lu_domain, int ret)
{
	if (lu_domain)
		trace_iommu_liveupdate_adopt(lu_domain->id, lu_domain->ser->nr_tables,
					     lu_domain->ser->mapped_bytes, ret,
					     lu_domain->began);
}

/**
 * iommu_liveupdate_adopt_commit() - The domain becomes an ordinary one.
 * @domain: The domain, after iommu_liveupdate_adopt_verify() returned 0.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_liveupdate_adopt_commit(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_find_incoming(domain);

	iommu_lu_pt_ops(domain)->adopt_commit(iommupt_from_domain(domain));
	if (lu_domain)
		lu_domain->adopted = true;
	lu_trace_adopt(lu_domain, 0);
}

/**
 * iommu_liveupdate_adopt_abort() - Undo iommu_liveupdate_adopt_begin().
 * @domain: The domain; it is held again.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_liveupdate_adopt_abort(struct iommu_domain *domain)
{
	iommu_lu_pt_ops(domain)->adopt_abort(iommupt_from_domain(domain));
	lu_trace_adopt(iommu_lu_find_incoming(domain), -ECANCELED);
}

/**
 * iommu_liveupdate_finish_domain() - The domain is like any other from now on.
 * @domain: An adopted domain.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_finish_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_incoming(domain);
	if (lu_domain)
		lu_domain->domain = NULL;
}

/**
 * iommu_liveupdate_finish_device() - The device is like any other from now on.
 * @dev: A device from the previous kernel. Either its owner has claimed it, or
 *	 it was discarded and is quiet.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_finish_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	int error;

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_dev = iommu_lu_find_unfinished(dev);
		if (!lu_dev || !lu_dev->dev)
			return;
		lu_dev->finished = true;
		lu_dev->dev = NULL;
		error = lu_dev->error;
	}
	if (dev->iommu_group) {
		if (error && dev_iommu_ops(dev)->liveupdate)
			dev_iommu_ops(dev)->liveupdate->readmit_device(dev);
		iommu_device_release_dma_owner(dev);
	}
	put_device(dev);
	trace_iommu_liveupdate_finish_device(dev, 0, began);
}
