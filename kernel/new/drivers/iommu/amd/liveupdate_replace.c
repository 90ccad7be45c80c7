// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: AMD-Vi live update: replacing the page table of a device
 *
 * A device moves to another domain with a host page table, and its entry is valid all
 * the time. Each request translates through the old table or through the new one.
 *
 * Why the entry may change while the unit uses it: AMD I/O virtualization technology
 * specification, section 2.2.2.2 "Making Device Table Entry Changes". The unit reads a
 * whole entry at once; software writes it in parts of 128 bits, each atomically. Table,
 * levels and domain id are all in the first 128 bits, and the driver stores these in one
 * go. The entry is invalidated after that, and all translations of the old domain id.
 */
#include <linux/cleanup.h>

#include "amd_iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* Nothing but the first 128 bits of the entry depends on the domain. */
static bool amd_lu_is_plain(struct iommu_domain *domain)
{
	return domain->type == IOMMU_DOMAIN_UNMANAGED && !domain->iopf_handler &&
	       !domain->dirty_ops && to_pdomain(domain)->pd_mode == PD_MODE_V1;
}

/*
 * A device that translates in advance (ATS) is in the list of one domain at a time, and the
 * unmap of the other would not reach it.
 */
bool amd_lu_may_replace(struct iommu_domain *new, struct device *dev,
			struct iommu_domain *old)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);

	return old && dev_data->domain && &dev_data->domain->domain == old &&
	       !dev_data->gcr3_info.gcr3_tbl && !dev_data->ats_enabled && !dev_data->ppr &&
	       amd_lu_is_plain(new) && amd_lu_is_plain(old);
}

static void amd_lu_move_link(struct iommu_dev_data *dev_data, struct protection_domain *to)
{
	scoped_guard(spinlock_irqsave, &dev_data->domain->lock)
		list_del(&dev_data->list);
	guard(spinlock_irqsave)(&to->lock);
	dev_data->domain = to;
	list_add(&dev_data->list, &to->dev_list);
}

/* On error the device stays attached to its domain. */
static int amd_lu_replace(struct iommu_domain *domain, struct device *dev)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);
	struct amd_iommu *iommu = get_amd_iommu_from_dev(dev);
	struct protection_domain *to = to_pdomain(domain);
	struct protection_domain *from;
	int ret;

	guard(mutex)(&dev_data->mutex);
	from = dev_data->domain;
	ret = pdom_attach_iommu(iommu, to);
	if (ret)
		return ret;
	/* Unmaps of both domains flush the unit meanwhile. */
	amd_lu_move_link(dev_data, to);
	dev_update_dte(dev_data, true);
	pdom_detach_iommu(iommu, from);
	return 0;
}

/**
 * amd_liveupdate_attach_device() - Attach a device, without a gap if possible
 * @domain: The domain.
 * @dev: The device.
 * @old: The domain that @dev is attached to, or NULL.
 *
 * Context: Process context, the group's mutex is held.
 * Return: 0, -ENOMEM, -ENOSPC, or an error of amd_iommu_attach_device().
 */
int amd_liveupdate_attach_device(struct iommu_domain *domain, struct device *dev,
				 struct iommu_domain *old)
{
	if (amd_lu_may_replace(domain, dev, old))
		return amd_lu_replace(domain, dev);
	return amd_iommu_attach_device(domain, dev, old);
}
