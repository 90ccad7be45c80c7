// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update of the IOMMU: devices that come in
 *
 * A domain is made from its record when the first of its devices is probed, and
 * that device is entered as attached to it without touching the hardware: the
 * hardware has been using it all the time. The domain is held then (see
 * linux/generic_pt/liveupdate.h), the device is owned by nobody, and no driver
 * that wants DMA of its own can have it.
 *
 * Userspace retrieves its iommufd. That makes the iommufd's context the owner
 * of the devices (iommu_liveupdate_hand_over()) and lets it adopt the domain.
 * When the session is finished the device is like any other.
 *
 * The failure policy is here, in lu_isolate(): whatever is wrong with a record
 * or with the hardware that it describes costs the device that it is about, and
 * no other. Its bus mastering is turned off first, then its translation is made
 * to fail, and it stays owned by nobody. Memory that it may still have been
 * writing to is not given back. Bad records never stop the boot.
 */
#include <linux/pci-liveupdate.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

static void lu_hold_device(struct iommu_lu_device *lu_dev, struct device *dev)
{
	get_device(dev);
	put_device(lu_dev->dev);
	lu_dev->dev = dev;
}

/* So that it can be given up. Without memory it stays cut off. */
static void lu_enter_unknown(struct device *dev)
{
	struct iommu_lu_device *lu_dev = iommu_lu_incoming ? kzalloc_obj(*lu_dev) : NULL;

	if (!lu_dev)
		return;
	lu_dev->error = -ENODATA;
	lu_hold_device(lu_dev, dev);
	list_add_tail(&lu_dev->item, &iommu_lu_incoming->devices);
}

static struct iommu_domain *lu_isolate(struct device *dev, int error)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	pci_clear_master(to_pci_dev(dev));
	if (ops->liveupdate)
		ops->liveupdate->isolate_device(dev);
	dev_err(dev, "cannot be taken over from the previous kernel (%pe), is cut off\n",
		ERR_PTR(error));
	return ops->blocked_domain;
}

static struct iommu_domain *lu_make_domain(struct iommu_lu_domain *lu_domain,
					   struct device *dev)
{
	u64 began = local_clock();
	struct iommu_domain *domain;
	int ret;

	if (lu_domain->error)
		return ERR_PTR(lu_domain->error);
	if (lu_domain->domain)
		return lu_domain->domain;

	domain = iommu_paging_domain_alloc(dev);
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

/* The unit that translates for a device is the one that was handed over with it */
static bool lu_unit_is_here(const struct iommu_unit_ser *ser, struct device *dev)
{
	struct iommu_unit_ser here = {};

	dev_iommu_ops(dev)->liveupdate->identify_unit(dev, &here);
	return iommu_lu_is_unit(ser, &here);
}

static struct iommu_domain *lu_attach(struct iommu_lu_device *lu_dev, struct pci_dev *pdev,
				      bool singleton)
{
	const struct iommu_liveupdate_ops *ops = dev_iommu_ops(&pdev->dev)->liveupdate;
	struct iommu_domain *domain;
	int ret;

	if (lu_dev->error)
		return ERR_PTR(lu_dev->error);
	if (!ops || !singleton)
		return ERR_PTR(-EOPNOTSUPP);
	if (lu_dev->ser->vendor != pdev->vendor || lu_dev->ser->device != pdev->device)
		return ERR_PTR(-ENODEV);
	if (!lu_unit_is_here(lu_dev->unit->ser, &pdev->dev))
		return ERR_PTR(-EIO);

	domain = lu_make_domain(lu_dev->domain, &pdev->dev);
	if (IS_ERR(domain))
		return domain;
	ret = ops->attach_device(&pdev->dev, domain, lu_dev->ser);
	if (ret)
		return ERR_PTR(ret);
	lu_dev->unit->ops = ops;
	return domain;
}

/**
 * iommu_liveupdate_attach_group() - First attach of a device that came in.
 * @dev: A device of a group that has no domain yet.
 * @singleton: It is the only one.
 *
 * Context: Process context, the group's mutex is held.
 * Return: The domain that @dev is attached to already, the blocking domain if
 * it had to be isolated; NULL if @dev has nothing to do with a live update.
 */
struct iommu_domain *iommu_liveupdate_attach_group(struct device *dev, bool singleton)
{
	u64 began = local_clock();
	struct iommu_lu_device *lu_dev;
	struct iommu_domain *domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	if (!lu_dev) {
		if (!dev_is_pci(dev) || !pci_liveupdate_incoming(to_pci_dev(dev)) ||
		    pci_is_bridge(to_pci_dev(dev)))
			return NULL;
		lu_enter_unknown(dev);
		return lu_isolate(dev, -ENODATA);
	}

	lu_hold_device(lu_dev, dev);
	domain = lu_attach(lu_dev, to_pci_dev(dev), singleton);
	trace_iommu_liveupdate_attach_device(dev, PTR_ERR_OR_ZERO(domain), began);
	if (IS_ERR(domain)) {
		lu_dev->error = PTR_ERR(domain);
		domain = lu_isolate(dev, lu_dev->error);
	}
	return domain;
}
