// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: AMD-Vi live update: incoming devices
 *
 * When a device is probed its unit uses the entry of the previous kernel. Attaching
 * compares the entry with the record and with the domain's page table, and enters the
 * device, the domain and the domain id into the driver's own bookkeeping, as an ordinary
 * attach does. The entry does not change, isolation excepted: that blocks it.
 *
 * A domain has the same id in all units. It gets the id of the previous kernel with its
 * first device.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/xarray.h>

#include "amd_iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* Domain ids of the previous kernel that no domain has yet */
static DEFINE_XARRAY(amd_lu_unclaimed_ids);

/* There are domain ids of the previous kernel, claimed or not. */
static bool amd_lu_has_ids;

int amd_lu_reserve_id(struct iommu_device *iommu, u32 id)
{
	int ret;

	ret = xa_err(xa_store(&amd_lu_unclaimed_ids, id, xa_mk_value(1), GFP_KERNEL));
	if (ret)
		return ret;
	amd_lu_has_ids = true;
	ret = amd_iommu_pdom_id_reserve(id, GFP_KERNEL);
	return ret < 0 && ret != -ENOSPC ? ret : 0;
}

/* An incoming domain frees its id when its session is discarded. */
void amd_lu_destroy_ids(void)
{
	if (!amd_lu_has_ids)
		amd_iommu_pdom_id_destroy();
}

/* Give @pdom the id of the previous kernel, unless another domain has it. */
static int amd_lu_claim_id(struct protection_domain *pdom, u16 id)
{
	if (pdom->id == id)
		return 0;
	if (!list_empty(&pdom->dev_list) || !xa_erase(&amd_lu_unclaimed_ids, id))
		return -EPROTO;
	amd_iommu_pdom_id_free(pdom->id);
	pdom->id = id;
	return 0;
}

/**
 * amd_lu_alloc_domain() - Allocate a domain of the format of a record
 * @dev: The first probed device of the domain.
 * @ser: The domain's record.
 *
 * Context: Process context, may sleep.
 * Return: The domain, or an ERR_PTR(): -EPROTO for an unknown format, -EOPNOTSUPP if
 * the hardware does not support it.
 */
struct iommu_domain *amd_lu_alloc_domain(struct device *dev,
					 const struct iommu_domain_ser *ser)
{
	u32 flags = ser->flags & IOMMU_DOMAIN_SER_DIRTY_TRACKING ?
		    IOMMU_HWPT_ALLOC_DIRTY_TRACKING : 0;

	if (strncmp(ser->format, "amdv1", sizeof(ser->format)))
		return ERR_PTR(-EPROTO);
	return amd_iommu_domain_alloc_paging_v1(dev, flags);
}

/* An entry with the words @dte points to the table of the domain; dirty tracking is off. */
bool amd_lu_points_to(struct protection_domain *pdom, const u64 *dte)
{
	struct pt_iommu_amdv1_hw_info pt;

	pt_iommu_amdv1_hw_info(&pdom->amdv1, &pt);
	return FIELD_GET(DTE_MODE_MASK, dte[0]) == pt.mode && !(dte[0] & DTE_FLAG_HAD) &&
	       (dte[0] & DTE_HOST_TRP) == pt.host_pt_root;
}

static void amd_lu_link(struct iommu_dev_data *dev_data, struct protection_domain *pdom)
{
	guard(mutex)(&dev_data->mutex);
	dev_data->domain = pdom;
	dev_data->use_vapic = AMD_IOMMU_GUEST_IR_VAPIC(amd_iommu_guest_ir);
	scoped_guard(spinlock_irqsave, &pdom->lock)
		list_add(&dev_data->list, &pdom->dev_list);
}

/* attach_device() without any change of the hardware */
int amd_lu_attach_device(struct device *dev, struct iommu_domain *domain,
			 const struct iommu_device_ser *ser)
{
	const struct iommu_amd_device_ser *hw = amd_lu_device_hw(ser);
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);
	struct amd_iommu *iommu = get_amd_iommu_from_dev(dev);
	struct dev_table_entry *entry = &get_dev_table(iommu)[dev_data->devid];
	struct protection_domain *pdom = to_pdomain(domain);
	int ret;

	/* It was preserved with ATS off, and this kernel would turn ATS on. */
	if (amd_lu_uses_ats(dev_data))
		return -EOPNOTSUPP;
	if (domain->dirty_ops && !(iommu->features & FEATURE_HDSUP))
		return -EOPNOTSUPP;
	if (dev_data->domain || entry->data[0] != hw->dte[0] || entry->data[1] != hw->dte[1] ||
	    !amd_lu_points_to(pdom, hw->dte))
		return -EPROTO;
	ret = amd_lu_claim_id(pdom, hw->domid);
	if (ret)
		return ret;
	ret = pdom_attach_iommu(iommu, pdom);
	if (ret)
		return ret;
	amd_lu_link(dev_data, pdom);
	return 0;
}

void amd_lu_isolate_device(struct device *dev)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);

	amd_lu_block(get_amd_iommu_from_dev(dev), dev_data->devid);
}
