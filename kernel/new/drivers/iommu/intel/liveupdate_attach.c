// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update on VT-d, devices that go on
 *
 * By the time that a device is probed its unit translates through this kernel's
 * tables, and there the device's context entry is what it was. Probing takes its
 * PASID table over (scalable mode). Attaching enters the device, its domain and
 * the domain id into the driver's own book-keeping as if they had been attached
 * in the ordinary way, after a check that the entries that the hardware uses
 * point to the table of just this domain. Nothing here writes an entry that the
 * hardware uses, but for isolation: that clears the device's context entry.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommu.h>
#include <linux/slab.h>

#include "../iommu-pages.h"
#include "../liveupdate/pages.h"
#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

/* The domain's table must be where the hardware's entries point to. */
static bool lu_points_to(struct dmar_domain *domain, bool scalable,
			 const struct iommu_vtd_device_ser *vtd)
{
	struct pt_iommu_vtdss_hw_info ss;
	struct pt_iommu_x86_64_hw_info fs;
	unsigned int pgtt = vtd->pasid[0] >> 6 & 7;

	if (intel_domain_is_fs_paging(domain)) {
		pt_iommu_x86_64_hw_info(&domain->fspt, &fs);
		return scalable && pgtt == PASID_ENTRY_PGTT_FL_ONLY &&
		       (vtd->pasid[2] >> 2 & 3) == (fs.levels == 5) &&
		       (vtd->pasid[2] & VTD_PAGE_MASK) == fs.gcr3_pt;
	}
	pt_iommu_vtdss_hw_info(&domain->sspt, &ss);
	if (scalable)
		return pgtt == PASID_ENTRY_PGTT_SL_ONLY &&
		       (vtd->pasid[0] & VTD_PAGE_MASK) == ss.ssptptr &&
		       (vtd->pasid[0] >> 2 & 7) == ss.aw;
	return (vtd->context[0] & VTD_PAGE_MASK) == ss.ssptptr &&
	       !(vtd->context[0] >> 2 & 3) &&
	       (vtd->context[1] & 7) == ss.aw;
}

static int lu_enter_did(struct dmar_domain *domain, struct intel_iommu *iommu, u16 did)
{
	struct iommu_domain_info *info, *curr;
	int ret;

	guard(mutex)(&iommu->did_lock);
	curr = xa_load(&domain->iommu_array, iommu->seq_id);
	if (curr) {
		if (curr->did != did)
			return -EPROTO;
		curr->refcnt++;
		return 0;
	}

	info = kzalloc_obj(*info);
	if (!info)
		return -ENOMEM;
	info->refcnt = 1;
	info->did = did;
	info->iommu = iommu;
	ret = xa_err(xa_store(&domain->iommu_array, iommu->seq_id, info, GFP_KERNEL));
	if (ret)
		kfree(info);
	return ret;
}

/* Undo lu_enter_did(); the id stays reserved, the hardware may have cached it. */
static void lu_leave_did(struct dmar_domain *domain, struct intel_iommu *iommu)
{
	struct iommu_domain_info *info;

	guard(mutex)(&iommu->did_lock);
	info = xa_load(&domain->iommu_array, iommu->seq_id);
	if (--info->refcnt)
		return;
	xa_erase(&domain->iommu_array, iommu->seq_id);
	kfree(info);
}

static void lu_force_snooping(struct dmar_domain *domain)
{
	guard(spinlock_irqsave)(&domain->lock);
	domain->force_snooping = true;
	if (intel_domain_is_ss_paging(domain))
		domain->sspt.vtdss_pt.common.features |= BIT(PT_FEAT_VTDSS_FORCE_COHERENCE);
}

static void lu_link(struct device_domain_info *info, struct dmar_domain *domain)
{
	guard(spinlock_irqsave)(&domain->lock);
	info->domain = domain;
	info->domain_attached = true;
	list_add(&info->link, &domain->devices);
}

static void lu_unlink(struct device_domain_info *info, struct dmar_domain *domain)
{
	guard(spinlock_irqsave)(&domain->lock);
	list_del(&info->link);
	info->domain_attached = false;
	info->domain = NULL;
}

/* What dmar_domain_attach_device() does, but for the hardware */
int intel_lu_attach_device(struct device *dev, struct iommu_domain *iommu_domain,
			   const struct iommu_device_ser *ser)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct dmar_domain *domain = to_dmar_domain(iommu_domain);
	struct intel_iommu *iommu = info->iommu;
	int ret;

	/* The device's requests were not tagged, and would be from now on */
	if (info->ats_supported)
		return -EOPNOTSUPP;
	if (sm_supported(iommu) &&
	    (!info->pasid_table || virt_to_phys(info->pasid_table->table) != ser->vtd.pasid_dir))
		return -EPROTO;
	ret = paging_domain_compatible(iommu_domain, dev);
	if (ret)
		return ret;
	if (!lu_points_to(domain, sm_supported(iommu), &ser->vtd))
		return -EPROTO;

	ret = lu_enter_did(domain, iommu, ser->vtd.did);
	if (ret)
		return ret;
	if (ser->vtd.flags & IOMMU_VTD_SER_FORCE_SNOOPING)
		lu_force_snooping(domain);
	lu_link(info, domain);
	ret = cache_tag_assign_domain(domain, dev, IOMMU_NO_PASID);
	if (ret)
		goto err_unlink;
	return 0;

err_unlink:
	lu_unlink(info, domain);
	lu_leave_did(domain, iommu);
	return ret;
}

static void lu_clear_context(struct intel_iommu *iommu, u8 bus, u8 devfn)
{
	struct context_entry *context;

	scoped_guard(spinlock, &iommu->lock) {
		context = iommu_context_addr(iommu, bus, devfn, false);
		if (!context)
			return;
		memset(context, 0, intel_lu_context_size(iommu));
		__iommu_flush_cache(iommu, context, intel_lu_context_size(iommu));
	}
	iommu->flush.flush_context(iommu, 0, 0, 0, DMA_CCMD_GLOBAL_INVL);
	if (sm_supported(iommu))
		qi_flush_pasid_cache(iommu, 0, QI_PC_GLOBAL, 0);
	iommu->flush.flush_iotlb(iommu, 0, 0, 0, DMA_TLB_GLOBAL_FLUSH);
}

void intel_lu_isolate_device(struct device *dev)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct pasid_entry *entries;

	lu_clear_context(info->iommu, info->bus, info->devfn);
	if (!sm_supported(info->iommu))
		return;
	/* Out of the hardware's reach, but it may be what the old kernel left */
	entries = get_pasid_table_from_pde(info->pasid_table->table);
	if (entries) {
		memset(entries, 0, sizeof(*entries));
		__iommu_flush_cache(info->iommu, entries, sizeof(*entries));
	}
}

/* An isolated device is quiet: back to what probing makes of any other */
void intel_lu_readmit_device(struct device *dev)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);

	if (sm_supported(info->iommu) && intel_pasid_setup_sm_context(dev))
		dev_err(dev, "no memory for its context entry, stays cut off\n");
}

static int lu_restore_pasid_pages(const struct iommu_vtd_device_ser *vtd)
{
	struct pasid_dir_entry *dir = phys_to_virt(vtd->pasid_dir);
	unsigned int i;
	int ret;

	ret = iommu_pages_restore(dir);
	for (i = 0; !ret && i < vtd->pasid_dir_bytes / sizeof(*dir); i++) {
		struct pasid_entry *entries = get_pasid_table_from_pde(&dir[i]);

		if (entries)
			ret = iommu_pages_restore(entries);
	}
	return ret;
}

/**
 * intel_liveupdate_adopt_pasid_table() - Go on using a device's PASID table.
 * @dev: A device that is being probed, scalable mode.
 *
 * Context: Process context, may sleep.
 * Return: true if the device has its PASID table now; false if it needs a new
 * one, which it is not reachable through when it came in but could not be used.
 */
bool intel_liveupdate_adopt_pasid_table(struct device *dev)
{
	struct iommu_device_ser *ser = iommu_liveupdate_incoming_device(dev);
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct pasid_table *table;

	if (!ser)
		return false;
	table = kzalloc_obj(*table);
	if (!table || lu_restore_pasid_pages(&ser->vtd)) {
		kfree(table);
		iommu_liveupdate_reject_device(ser, "its PASID table cannot be taken over");
		lu_clear_context(info->iommu, info->bus, info->devfn);
		return false;
	}
	table->table = phys_to_virt(ser->vtd.pasid_dir);
	table->max_pasid = ser->vtd.pasid_dir_bytes << 3;
	info->pasid_table = table;
	return true;
}
