// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: replacing the page table of a device
 *
 * A device moves to another domain of the same stage, and its entry is present all the
 * time. Each request translates through the old table or through the new one.
 *
 * Why the entry may change while the unit uses it: the unit may read an entry in several
 * accesses, so a change of several words needs a moment in which the entry is not present.
 * This is a change of one word, or of one aligned part of 128 bits. We know of no sentence in
 * the VT-d specification that says how much of an entry the unit reads in one access, so this
 * is an assumption. Linux makes the same one elsewhere: modify_irte() changes an interrupt
 * remapping entry that is in use by one store of 128 bits, and
 * intel_pasid_setup_dirty_tracking() changes one word of a present PASID table entry. (For
 * AMD-Vi the specification says it, see amd/liveupdate_replace.c.) What follows is:
 *
 * - Legacy mode: the context entry has 128 bits. Table, width and domain id change in
 *   one locked store of 128 bits.
 * - Second stage: the same three are in the first 128 bits of the PASID table entry.
 * - First stage: the domain id is in the first 128 bits, table and width are in one
 *   word of the next. Domain id and table change one after the other, and the unit may
 *   see both orders. A temporary id, which no other device has, is used meanwhile. So
 *   no id stands for two tables that other devices use.
 *
 * After each store come the invalidations for a changed entry that is present: VT-d
 * specification, "Guidance to Software for Invalidations". Until they are complete both tables
 * may be used; the unmap of either flushes whatever id the entry has then.
 */
#include <linux/cleanup.h>
#include <linux/idr.h>
#include <linux/pci.h>

#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

#define CONTEXT_AW_AND_DID	(GENMASK_ULL(2, 0) | GENMASK_ULL(23, 8))

static int intel_lu_is_alias(struct pci_dev *pdev, u16 alias, void *arg)
{
	return alias != pci_dev_id(arg);
}

/* In legacy mode each alias has a context entry of its own. */
static bool intel_lu_has_one_entry(struct device *dev, struct intel_iommu *iommu)
{
	if (!dev_is_pci(dev) || dev_is_real_dma_subdevice(dev))
		return false;
	return sm_supported(iommu) ||
	       !pci_for_each_dma_alias(to_pci_dev(dev), intel_lu_is_alias, to_pci_dev(dev));
}

/* Nothing but table, width and domain id depends on the domain. */
static bool intel_lu_is_plain(struct iommu_domain *domain)
{
	return domain->type == IOMMU_DOMAIN_UNMANAGED && !domain->iopf_handler &&
	       !domain->dirty_ops && !to_dmar_domain(domain)->nested_parent;
}

static bool intel_lu_same_stage(struct dmar_domain *new, struct dmar_domain *old)
{
	struct pt_common *a = &new->fspt.x86_64_pt.common, *b = &old->fspt.x86_64_pt.common;

	if (!intel_domain_is_fs_paging(new))
		return intel_domain_is_ss_paging(new) && intel_domain_is_ss_paging(old);
	/* How the unit snoops is next to the domain id, not next to the table. */
	return intel_domain_is_fs_paging(old) &&
	       new->force_snooping == old->force_snooping &&
	       !((a->features ^ b->features) & BIT(PT_FEAT_DMA_INCOHERENT));
}

bool intel_lu_may_replace(struct iommu_domain *new, struct device *dev,
			  struct iommu_domain *old)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);

	if (!old || !info->domain_attached || !info->domain || &info->domain->domain != old)
		return false;
	return boot_cpu_has(X86_FEATURE_CX16) &&
	       intel_lu_is_plain(new) && intel_lu_is_plain(old) &&
	       intel_lu_same_stage(to_dmar_domain(new), to_dmar_domain(old)) &&
	       intel_lu_has_one_entry(dev, info->iommu) &&
	       !paging_domain_compatible(new, dev);
}

/* iommu->lock is held: only the device's own attachment and snooping change the entry. */
static void intel_lu_store(struct intel_iommu *iommu, u64 *entry, const u64 *new)
{
	u128 old = *(u128 *)entry;

	lockdep_assert_held(&iommu->lock);
	while (!try_cmpxchg128((u128 *)entry, &old, (u128)new[1] << 64 | new[0]))
		;
	__iommu_flush_cache(iommu, entry, sizeof(u128));
	iommu_flush_write_buffer(iommu);
}

static void intel_lu_switch_context(struct device_domain_info *info, struct dmar_domain *to)
{
	struct intel_iommu *iommu = info->iommu;
	u16 was, did = domain_id_iommu(to, iommu);
	struct pt_iommu_vtdss_hw_info pt;
	struct context_entry *entry, new;

	pt_iommu_vtdss_hw_info(&to->sspt, &pt);
	scoped_guard(spinlock, &iommu->lock) {
		entry = iommu_context_addr(iommu, info->bus, info->devfn, false);
		new = *entry;
		was = context_domain_id(&new);
		new.hi &= ~CONTEXT_AW_AND_DID;
		context_set_domain_id(&new, did);
		context_set_address_width(&new, pt.aw);
		context_set_address_root(&new, pt.ssptptr);
		intel_lu_store(iommu, &entry->lo, &new.lo);
	}
	intel_context_flush_no_pasid(info, entry, was, PCI_DEVID(info->bus, info->devfn));
}

static struct pasid_entry *intel_lu_pasid_entry(struct device_domain_info *info)
{
	return &get_pasid_table_from_pde(info->pasid_table->table)[IOMMU_NO_PASID];
}

static void intel_lu_switch_second(struct device_domain_info *info, struct dmar_domain *to)
{
	struct pasid_entry new, *entry = intel_lu_pasid_entry(info);
	bool incoherent = to->sspt.vtdss_pt.common.features & BIT(PT_FEAT_DMA_INCOHERENT);
	struct intel_iommu *iommu = info->iommu;
	u16 was, did = domain_id_iommu(to, iommu);
	struct pt_iommu_vtdss_hw_info pt;

	pt_iommu_vtdss_hw_info(&to->sspt, &pt);
	scoped_guard(spinlock, &iommu->lock) {
		new = *entry;
		was = pasid_get_domain_id(&new);
		pasid_set_domain_id(&new, did);
		pasid_set_address_width(&new, pt.aw);
		pasid_set_slptr(&new, pt.ssptptr);
		pasid_set_page_snoop(&new, !incoherent);
		intel_lu_store(iommu, entry->val, new.val);
	}
	pasid_cache_invalidation_with_pasid(iommu, was, IOMMU_NO_PASID);
	iommu->flush.flush_iotlb(iommu, was, 0, 0, DMA_TLB_DSI_FLUSH);
	devtlb_invalidation_with_pasid(iommu, info->dev, IOMMU_NO_PASID);
}

/* First stage: another id for the same table */
static void intel_lu_switch_id(struct device_domain_info *info, u16 did)
{
	struct pasid_entry new, *entry = intel_lu_pasid_entry(info);
	struct intel_iommu *iommu = info->iommu;
	u16 was;

	scoped_guard(spinlock, &iommu->lock) {
		new = *entry;
		was = pasid_get_domain_id(&new);
		pasid_set_domain_id(&new, did);
		intel_lu_store(iommu, entry->val, new.val);
	}
	pasid_cache_invalidation_with_pasid(iommu, was, IOMMU_NO_PASID);
	qi_flush_piotlb_all(iommu, was, IOMMU_NO_PASID);
}

/* First stage: another table for the same id */
static void intel_lu_switch_table(struct device_domain_info *info, struct dmar_domain *to,
				  u16 did)
{
	struct pasid_entry new, *entry = intel_lu_pasid_entry(info);
	struct intel_iommu *iommu = info->iommu;
	struct pt_iommu_x86_64_hw_info pt;

	pt_iommu_x86_64_hw_info(&to->fspt, &pt);
	scoped_guard(spinlock, &iommu->lock) {
		new = *entry;
		pasid_set_flptr(&new, pt.gcr3_pt);
		pasid_set_flpm(&new, pt.levels == 5);
		WRITE_ONCE(entry->val[2], new.val[2]);
		__iommu_flush_cache(iommu, &entry->val[2], sizeof(u64));
		iommu_flush_write_buffer(iommu);
	}
	pasid_cache_invalidation_with_pasid(iommu, did, IOMMU_NO_PASID);
	qi_flush_piotlb_all(iommu, did, IOMMU_NO_PASID);
	devtlb_invalidation_with_pasid(iommu, info->dev, IOMMU_NO_PASID);
}

/* Both tables may be used under @did, so the unmaps of both domains flush it. */
static int intel_lu_tag(struct device_domain_info *info, struct dmar_domain *to, u16 did)
{
	struct dmar_domain *from = info->domain;
	int ret;

	ret = cache_tag_assign(from, did, info->dev, IOMMU_NO_PASID, CACHE_TAG_IOTLB);
	if (ret)
		return ret;
	ret = cache_tag_assign(to, did, info->dev, IOMMU_NO_PASID, CACHE_TAG_IOTLB);
	if (ret)
		cache_tag_unassign(from, did, info->dev, IOMMU_NO_PASID, CACHE_TAG_IOTLB);
	return ret;
}

static void intel_lu_untag(struct device_domain_info *info, struct dmar_domain *to, u16 did)
{
	cache_tag_unassign(to, did, info->dev, IOMMU_NO_PASID, CACHE_TAG_IOTLB);
	cache_tag_unassign(info->domain, did, info->dev, IOMMU_NO_PASID, CACHE_TAG_IOTLB);
}

static int intel_lu_switch_first(struct device_domain_info *info, struct dmar_domain *to)
{
	struct intel_iommu *iommu = info->iommu;
	int ret, did;

	did = ida_alloc_range(&iommu->domain_ida, IDA_START_DID, cap_ndoms(iommu->cap) - 1,
			      GFP_KERNEL);
	if (did < 0)
		return did;
	ret = intel_lu_tag(info, to, did);
	if (!ret) {
		intel_lu_switch_id(info, did);
		intel_lu_switch_table(info, to, did);
		intel_lu_switch_id(info, domain_id_iommu(to, iommu));
		intel_lu_untag(info, to, did);
	}
	ida_free(&iommu->domain_ida, did);
	return ret;
}

static int intel_lu_switch(struct device_domain_info *info, struct dmar_domain *to)
{
	if (intel_domain_is_fs_paging(to))
		return intel_lu_switch_first(info, to);
	if (sm_supported(info->iommu))
		intel_lu_switch_second(info, to);
	else
		intel_lu_switch_context(info, to);
	return 0;
}

static void intel_lu_move_link(struct device_domain_info *info, struct dmar_domain *to)
{
	scoped_guard(spinlock_irqsave, &info->domain->lock)
		list_del(&info->link);
	guard(spinlock_irqsave)(&to->lock);
	info->domain = to;
	list_add(&info->link, &to->devices);
}

/* On error the device stays attached to its domain. */
static int intel_lu_replace(struct iommu_domain *domain, struct device *dev)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct dmar_domain *from = info->domain, *to = to_dmar_domain(domain);
	int ret;

	ret = domain_attach_iommu(to, info->iommu);
	if (ret)
		return ret;
	ret = cache_tag_assign_domain(to, dev, IOMMU_NO_PASID);
	if (ret)
		goto err_detach;
	ret = intel_lu_switch(info, to);
	if (ret)
		goto err_unassign;

	intel_lu_move_link(info, to);
	cache_tag_unassign_domain(from, dev, IOMMU_NO_PASID);
	domain_detach_iommu(from, info->iommu);
	return 0;

err_unassign:
	cache_tag_unassign_domain(to, dev, IOMMU_NO_PASID);
err_detach:
	domain_detach_iommu(to, info->iommu);
	return ret;
}

/**
 * intel_liveupdate_attach_device() - Attach a device, without a gap if possible
 * @domain: The domain.
 * @dev: The device.
 * @old: The domain that @dev is attached to, or NULL.
 *
 * Context: Process context, the group's mutex is held.
 * Return: 0, -ENOMEM, -ENOSPC, or an error of intel_iommu_attach_device().
 */
int intel_liveupdate_attach_device(struct iommu_domain *domain, struct device *dev,
				   struct iommu_domain *old)
{
	if (intel_lu_may_replace(domain, dev, old))
		return intel_lu_replace(domain, dev);
	return intel_iommu_attach_device(domain, dev, old);
}
