// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: attaching incoming devices
 *
 * When the first device of a domain record is probed, the domain is allocated as
 * the record describes it, and the device is entered as attached to it. The
 * hardware does not change: it uses the domain's table all the time. The restored
 * table is read-only until adoption (see linux/generic_pt/liveupdate.h). The DMA
 * owner of the device's group is the live update, so that no driver that uses DMA
 * of its own can bind.
 *
 * Userspace retrieves its iommufd, whose context becomes the DMA owner of the
 * devices (iommu_liveupdate_hand_over()) and adopts the domain. When the session is
 * finished the device is an ordinary one.
 *
 * A group with several devices has one domain. All of its preserved devices were
 * preserved in one session; the other members did no DMA in the previous kernel. They
 * enter the restored domain by an ordinary attach, so that the group is as it was. If
 * one device is isolated so are all of its group.
 *
 * A record or hardware state that cannot be used isolates the device that it
 * describes: bus mastering is turned off first, then its translation is blocked.
 * It is attached to the blocked domain then, also if it was in the restored one: that
 * may be freed while the device is isolated. Memory that the device may have written to
 * is freed when the session is discarded, not before.
 */
#include <linux/pci-liveupdate.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

static void iommu_lu_set_device(struct iommu_lu_device *lu_dev, struct device *dev)
{
	get_device(dev);
	put_device(lu_dev->dev);
	lu_dev->dev = dev;
}

/* Without memory for the object the device stays isolated until the next boot. */
static void iommu_lu_add_unknown(struct device *dev)
{
	struct iommu_lu_device *lu_dev = iommu_lu_incoming ? kzalloc_obj(*lu_dev) : NULL;

	if (!lu_dev)
		return;
	lu_dev->error = -ENODATA;
	iommu_lu_set_device(lu_dev, dev);
	list_add_tail(&lu_dev->item, &iommu_lu_incoming->devices);
}

/**
 * iommu_liveupdate_remove_device() - Forget an incoming device that is hot-removed
 * @dev: The device, in no domain any more. The VM that it belongs to loses it, and nothing
 *	 else.
 *
 * Context: Process context, the group's mutex is held.
 */
void iommu_liveupdate_remove_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	if (!lu_dev || lu_dev->dev != dev)
		return;
	dev_info(dev, "removed during a live update\n");
	pci_liveupdate_set_isolated(to_pci_dev(dev), false);
	lu_dev->error = -ENODEV;
	lu_dev->removed = true;
	/* The IOMMU driver blocks the device as it does at any removal. */
	lu_dev->accepted = false;
	lu_dev->dev = NULL;
	put_device(dev);
}

/* The hardware is blocked already, and no invalidation is sent to the device. */
static void iommu_lu_enter_blocked(struct iommu_lu_device *lu_dev, struct device *dev)
{
	struct iommu_domain *blocked = dev_iommu_ops(dev)->blocked_domain;

	iommu_group_liveupdate_drop_pasids(dev->iommu_group);
	blocked->ops->attach_dev(blocked, dev, NULL);
	if (lu_dev && lu_dev->accepted)
		iommu_lu_keep_ids(lu_dev);
}

/* @lu_dev is NULL if there is no record. Its unit may not be that of @dev. */
static struct iommu_domain *iommu_lu_isolate(struct iommu_lu_device *lu_dev,
					     struct device *dev, int error)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	pci_clear_master(to_pci_dev(dev));
	pci_liveupdate_set_isolated(to_pci_dev(dev), true);
	if (lu_dev && lu_dev->accepted)
		lu_dev->unit->ops->block_entry(lu_dev->unit->iommu, lu_dev->ser);
	if (ops->liveupdate) {
		ops->liveupdate->isolate_device(dev);
		iommu_lu_enter_blocked(lu_dev, dev);
	}
	dev_err(dev, "isolated: cannot be taken over from the previous kernel (%pe)\n",
		ERR_PTR(error));
	return ops->blocked_domain;
}

/**
 * iommu_lu_make_domain() - Make the domain of an incoming record
 * @lu_domain: The domain at run time.
 * @dev: A device that uses it, being probed.
 *
 * Context: Process context, iommu_lu_mutex is held.
 * Return: The domain, made by the first call, or an ERR_PTR().
 */
struct iommu_domain *iommu_lu_make_domain(struct iommu_lu_domain *lu_domain,
					  struct device *dev)
{
	u64 began = local_clock();
	struct iommu_domain *domain;
	int ret;

	if (lu_domain->error)
		return ERR_PTR(lu_domain->error);
	if (lu_domain->domain)
		return lu_domain->domain;

	domain = iommu_liveupdate_alloc_domain(dev, lu_domain->ser);
	if (IS_ERR(domain))
		return domain;
	ret = iommu_liveupdate_supported(domain);
	if (!ret)
		ret = iommu_lu_pt_ops(domain)->restore(iommupt_from_domain(domain),
						       lu_domain->ser);
	trace_iommu_liveupdate_restore_domain(lu_domain->id, lu_domain->ser->nr_tables,
					      lu_domain->ser->mapped_bytes, ret, began);
	if (ret) {
		lu_domain->error = ret;
		iommu_domain_free(domain);
		return ERR_PTR(ret);
	}
	lu_domain->domain = domain;
	return domain;
}

static struct iommu_domain *iommu_lu_attach(struct iommu_lu_device *lu_dev,
					    struct pci_dev *pdev)
{
	const struct iommu_liveupdate_ops *ops = dev_iommu_ops(&pdev->dev)->liveupdate;
	struct iommu_domain *domain;
	int ret;

	if (lu_dev->error)
		return ERR_PTR(lu_dev->error);
	if (!ops)
		return ERR_PTR(-EOPNOTSUPP);
	if (lu_dev->ser->vendor != pdev->vendor || lu_dev->ser->device != pdev->device)
		return ERR_PTR(-ENODEV);
	if (!lu_dev->accepted || lu_dev->unit->iommu != pdev->dev.iommu->iommu_dev)
		return ERR_PTR(-EIO);

	domain = iommu_lu_make_domain(lu_dev->domain, &pdev->dev);
	if (IS_ERR(domain))
		return domain;
	ret = iommu_lu_attach_pasids(lu_dev, &pdev->dev);
	if (!ret)
		ret = ops->attach_device(&pdev->dev, domain, lu_dev->ser);
	return ret ? ERR_PTR(ret) : domain;
}

static struct iommu_domain *iommu_lu_attach_or_isolate(struct iommu_lu_device *lu_dev,
						       struct device *dev)
{
	u64 began = local_clock();
	struct iommu_domain *domain;

	iommu_lu_set_device(lu_dev, dev);
	domain = iommu_lu_attach(lu_dev, to_pci_dev(dev));
	trace_iommu_liveupdate_attach_device(dev, PTR_ERR_OR_ZERO(domain), began);
	if (!IS_ERR(domain))
		return domain;
	lu_dev->error = PTR_ERR(domain);
	return iommu_lu_isolate(lu_dev, dev, lu_dev->error);
}

/**
 * iommu_liveupdate_attach_device() - First attach of a device of a group
 * @dev: The device.
 * @domain: In: the domain of the members before it, NULL if none of them is an incoming
 *	    device. Out: the same with @dev. It is the blocking domain if a member is
 *	    isolated, or if members have different domains.
 *
 * Context: Process context, the group's mutex is held.
 * Return: True if @dev is an incoming device, in its domain already or isolated.
 */
bool iommu_liveupdate_attach_device(struct device *dev, struct iommu_domain **domain)
{
	struct iommu_lu_device *lu_dev;
	struct iommu_domain *own;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	if (lu_dev) {
		own = iommu_lu_attach_or_isolate(lu_dev, dev);
	} else {
		if (!dev_is_pci(dev) || !pci_liveupdate_incoming(to_pci_dev(dev)) ||
		    pci_is_bridge(to_pci_dev(dev)))
			return false;
		iommu_lu_add_unknown(dev);
		own = iommu_lu_isolate(NULL, dev, -ENODATA);
	}
	*domain = !*domain || *domain == own ? own : dev_iommu_ops(dev)->blocked_domain;
	return true;
}

/**
 * iommu_liveupdate_isolate_member() - Isolate a device because of another one in its group
 * @dev: The device, after iommu_liveupdate_attach_device().
 *
 * Context: Process context, the group's mutex is held.
 */
void iommu_liveupdate_isolate_member(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	if (!lu_dev || lu_dev->error)
		return;
	lu_dev->error = -EXDEV;
	dev_err(dev, "another device of its IOMMU group is isolated\n");
	iommu_lu_isolate(lu_dev, dev, lu_dev->error);
}
