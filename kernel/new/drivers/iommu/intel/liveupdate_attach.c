// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: incoming devices
 *
 * When a device is probed its unit already uses this kernel's tables, and the
 * device's context entry there is the one of the previous kernel. Probing takes the
 * PASID table over (scalable mode). Attaching compares the entries in the hardware's
 * tables with the record and with the domain's page table, and enters the device,
 * the domain and the domain id into the driver's own bookkeeping, as an ordinary
 * attach does. No entry that the hardware uses is written here, isolation excepted:
 * that clears the device's context entry.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/slab.h>

#include "../iommu-pages.h"
#include "../liveupdate/pages.h"
#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

/**
 * intel_lu_alloc_domain() - Allocate a domain of the format of a record
 * @dev: The first probed device of the domain. The unit behind it must support the
 *	 format; width and features come from the record.
 * @ser: The domain's record.
 *
 * Context: Process context, may sleep.
 * Return: The domain, or an ERR_PTR(): -EPROTO for an unknown format, -EOPNOTSUPP
 * if the unit does not support it.
 */
struct iommu_domain *intel_lu_alloc_domain(struct device *dev,
					   const struct iommu_domain_ser *ser)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	u32 flags = ser->flags & IOMMU_DOMAIN_SER_DIRTY_TRACKING ?
		    IOMMU_HWPT_ALLOC_DIRTY_TRACKING : 0;

	if (!strncmp(ser->format, "x86_64", sizeof(ser->format)))
		return intel_iommu_domain_alloc_first_stage(dev, info->iommu, flags);
	if (!strncmp(ser->format, "vtdss", sizeof(ser->format)))
		return intel_iommu_domain_alloc_second_stage(dev, info->iommu, flags);
	return ERR_PTR(-EPROTO);
}

/*
 * The unit of the first device decided about a flush after each map, as did the quirk of
 * the whole host; the unit of a later device may need the flush. Nothing is mapped before
 * all devices are attached.
 */
void intel_lu_add_sync_map(struct dmar_domain *domain, struct intel_iommu *iommu)
{
	if (cap_rwbf(iommu->cap) ||
	    (intel_domain_is_ss_paging(domain) && cap_caching_mode(iommu->cap)))
		domain->iotlb_sync_map = true;
}

/* The unit sets dirty bits of the table */
#define PASID_ENTRY_SSADE	BIT_ULL(9)

/* A PASID table entry points to the table of the domain, and dirty tracking is off. */
bool intel_lu_entry_points_to(struct dmar_domain *domain, const u64 *entry)
{
	struct pt_iommu_vtdss_hw_info ss;
	struct pt_iommu_x86_64_hw_info fs;
	unsigned int pgtt = entry[0] >> 6 & 7;

	if (intel_domain_is_fs_paging(domain)) {
		pt_iommu_x86_64_hw_info(&domain->fspt, &fs);
		return pgtt == PASID_ENTRY_PGTT_FL_ONLY &&
		       (entry[2] >> 2 & 3) == (fs.levels == 5) &&
		       (entry[2] & VTD_PAGE_MASK) == fs.gcr3_pt;
	}
	pt_iommu_vtdss_hw_info(&domain->sspt, &ss);
	return pgtt == PASID_ENTRY_PGTT_SL_ONLY && !(entry[0] & PASID_ENTRY_SSADE) &&
	       (entry[0] & VTD_PAGE_MASK) == ss.ssptptr && (entry[0] >> 2 & 7) == ss.aw;
}

/* The hardware's entries for requests without PASID point to the table of the domain. */
static bool intel_lu_points_to(struct dmar_domain *domain, bool scalable,
			       const struct iommu_vtd_device_ser *vtd)
{
	struct pt_iommu_vtdss_hw_info ss;

	if (scalable)
		return intel_lu_entry_points_to(domain, vtd->pasid);
	if (intel_domain_is_fs_paging(domain))
		return false;
	pt_iommu_vtdss_hw_info(&domain->sspt, &ss);
	return (vtd->context[0] & VTD_PAGE_MASK) == ss.ssptptr &&
	       (vtd->context[1] & 7) == ss.aw;
}

/* The entries that the hardware uses now are those of the record. */
static bool intel_lu_entries_equal(struct device_domain_info *info,
				   const struct iommu_vtd_device_ser *vtd)
{
	struct intel_iommu *iommu = info->iommu;
	struct context_entry *context;
	struct pasid_entry *entries;

	guard(spinlock)(&iommu->lock);
	context = iommu_context_addr(iommu, info->bus, info->devfn, false);
	if (!context || memcmp(context, vtd->context, intel_lu_context_size(iommu)))
		return false;
	if (!sm_supported(iommu))
		return true;
	entries = get_pasid_table_from_pde(info->pasid_table->table);
	return entries && !memcmp(&entries[IOMMU_NO_PASID], vtd->pasid, sizeof(vtd->pasid));
}

/* Enter the domain id of the previous kernel instead of an allocated one. */
int intel_lu_enter_did(struct dmar_domain *domain, struct intel_iommu *iommu, u16 did)
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

/* Undo intel_lu_enter_did(); the id stays reserved, the hardware may have cached it. */
void intel_lu_leave_did(struct dmar_domain *domain, struct intel_iommu *iommu)
{
	struct iommu_domain_info *info;

	guard(mutex)(&iommu->did_lock);
	info = xa_load(&domain->iommu_array, iommu->seq_id);
	if (--info->refcnt)
		return;
	xa_erase(&domain->iommu_array, iommu->seq_id);
	kfree(info);
}

void intel_lu_force_snooping(struct dmar_domain *domain)
{
	guard(spinlock_irqsave)(&domain->lock);
	domain->force_snooping = true;
	if (intel_domain_is_ss_paging(domain))
		domain->sspt.vtdss_pt.common.features |= BIT(PT_FEAT_VTDSS_FORCE_COHERENCE);
}

static void intel_lu_link(struct device_domain_info *info, struct dmar_domain *domain)
{
	guard(spinlock_irqsave)(&domain->lock);
	info->domain = domain;
	info->domain_attached = true;
	list_add(&info->link, &domain->devices);
}

static void intel_lu_unlink(struct device_domain_info *info, struct dmar_domain *domain)
{
	guard(spinlock_irqsave)(&domain->lock);
	list_del(&info->link);
	info->domain_attached = false;
	info->domain = NULL;
}

/* dmar_domain_attach_device() without any change of the hardware */
int intel_lu_attach_device(struct device *dev, struct iommu_domain *iommu_domain,
			   const struct iommu_device_ser *ser)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	const struct iommu_vtd_device_ser *vtd = intel_lu_device_hw(ser);
	struct dmar_domain *domain = to_dmar_domain(iommu_domain);
	struct intel_iommu *iommu = info->iommu;
	int ret;

	ret = intel_lu_compare_ats(info, vtd);
	if (!ret)
		ret = intel_lu_compare_pri(info, vtd);
	if (!ret)
		ret = intel_lu_compare_pasid_ctrl(info, vtd);
	if (ret)
		return ret;
	if (sm_supported(iommu) &&
	    (!info->pasid_table || virt_to_phys(info->pasid_table->table) != vtd->pasid_dir))
		return -EPROTO;
	intel_lu_add_sync_map(domain, iommu);
	ret = paging_domain_compatible(iommu_domain, dev);
	if (ret)
		return ret;
	if (!intel_lu_entries_equal(info, vtd) ||
	    !intel_lu_points_to(domain, sm_supported(iommu), vtd))
		return -EPROTO;

	ret = intel_lu_enter_did(domain, iommu, vtd->did);
	if (ret)
		return ret;
	if (vtd->flags & IOMMU_VTD_SER_FORCE_SNOOPING)
		intel_lu_force_snooping(domain);
	intel_lu_link(info, domain);
	ret = intel_lu_adopt_ats(info, vtd);
	if (!ret)
		ret = cache_tag_assign_domain(domain, dev, IOMMU_NO_PASID);
	if (!ret)
		return 0;

	intel_lu_unlink(info, domain);
	intel_lu_leave_did(domain, iommu);
	return ret;
}

void intel_lu_isolate_device(struct device *dev)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);

	intel_lu_clear_context(info->iommu, info->bus, info->devfn);
	intel_lu_stop_ats(info);
	intel_lu_flush_all(info->iommu);
	if (sm_supported(info->iommu))
		intel_lu_clear_pasids(info);
}

/* The device is quiet; set up its context entry as probing does. */
static void intel_lu_readmit_device(struct device_domain_info *info)
{
	if (!sm_supported(info->iommu))
		return;
	if (intel_pasid_setup_sm_context(info->dev)) {
		dev_err(info->dev, "no memory for its context entry: stays isolated\n");
		return;
	}
	iommu_enable_pci_ats(info);
	iommu_enable_pci_pri(info);
}

void intel_lu_finish_device(struct device *dev, bool readmit)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);

	if (readmit)
		intel_lu_readmit_device(info);
	else
		intel_lu_finish_pri(info);
}

static int intel_lu_restore_pasid_pages(const struct iommu_vtd_device_ser *vtd)
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
 * intel_liveupdate_adopt_pasid_table() - Take over the PASID table of a device
 * @dev: A device that is being probed, scalable mode.
 *
 * Context: Process context, may sleep.
 * Return: True if the device uses its incoming PASID table. False if a new PASID
 * table must be allocated; a rejected incoming table is unreachable, its context
 * entry is clear.
 */
bool intel_liveupdate_adopt_pasid_table(struct device *dev)
{
	struct iommu_device_ser *ser = iommu_liveupdate_incoming_device(dev);
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	const struct iommu_vtd_device_ser *vtd;
	struct pasid_table *table;

	if (!ser)
		return false;
	vtd = intel_lu_device_hw(ser);
	table = kzalloc_obj(*table);
	if (!table || intel_lu_restore_pasid_pages(vtd)) {
		kfree(table);
		iommu_liveupdate_reject_device(ser, "its PASID table cannot be restored");
		return false;
	}
	table->table = phys_to_virt(vtd->pasid_dir);
	table->max_pasid = vtd->pasid_dir_bytes << 3;
	info->pasid_table = table;
	return true;
}
