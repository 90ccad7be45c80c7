// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: PASIDs
 *
 * The PASID directory of a device and all tables below it go along as they are, whether
 * one PASID has an entry or many. A device's record has every entry that is present. An
 * incoming table with any other entry is as wrong as one with a different entry: the
 * device is isolated. Clearing that entry alone would keep the device in use with a table
 * of which a part is known to be damaged.
 *
 * Whether PASIDs are enabled in the function is part of the record, too. The next kernel
 * writes nothing to the function: a change while ATS is enabled is undefined.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/pci-ats.h>
#include <linux/pci-liveupdate.h>

#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

static struct iommu_vtd_pasid_ser *intel_lu_pasid_hw(const struct iommu_device_ser *ser,
						     unsigned int i)
{
	return (struct iommu_vtd_pasid_ser *)ser->pasids[i].hw_data;
}

/* The entry for @pasid in the directory @dir; NULL if it has no table for it */
static struct pasid_entry *intel_lu_find_entry(struct pasid_dir_entry *dir, u32 pasid)
{
	struct pasid_entry *entries = get_pasid_table_from_pde(&dir[pasid >> PASID_PDE_SHIFT]);

	return entries ? &entries[pasid & PASID_PTE_MASK] : NULL;
}

/* Every entry of @dir that is present is for no PASID, or for one in @ser, in order */
bool intel_lu_pasids_recorded(struct pasid_dir_entry *dir, u32 max_pasid,
			      const struct iommu_device_ser *ser)
{
	struct pasid_entry *entry;
	unsigned int next = 0;
	u32 pasid;

	for (pasid = IOMMU_NO_PASID + 1; pasid < max_pasid; pasid++) {
		entry = intel_lu_find_entry(dir, pasid);
		if (!entry) {
			pasid |= PASID_PTE_MASK;
			continue;
		}
		if (!pasid_pte_is_present(entry))
			continue;
		if (next == ser->nr_pasids || ser->pasids[next].pasid != pasid)
			return false;
		next++;
	}
	return next == ser->nr_pasids;
}

static u32 intel_lu_pasid_flags(struct device *dev, u32 pasid)
{
	struct iommu_domain *domain = iommu_group_liveupdate_domain(dev->iommu_group, pasid);

	return to_dmar_domain(domain)->force_snooping ? IOMMU_VTD_SER_FORCE_SNOOPING : 0;
}

void intel_lu_snapshot_pasids(struct device_domain_info *info, struct iommu_device_ser *ser)
{
	struct iommu_vtd_pasid_ser *hw;
	struct pasid_entry *entry;
	unsigned int i;

	lockdep_assert_held(&info->iommu->lock);
	for (i = 0; i < ser->nr_pasids; i++) {
		hw = intel_lu_pasid_hw(ser, i);
		entry = intel_lu_find_entry(info->pasid_table->table, ser->pasids[i].pasid);
		memcpy(hw->entry, entry, sizeof(hw->entry));
		hw->did = pasid_get_domain_id(entry);
		hw->flags = intel_lu_pasid_flags(info->dev, ser->pasids[i].pasid);
	}
}

static bool intel_lu_pasid_valid(struct intel_iommu *iommu, struct pasid_dir_entry *dir,
				 const struct iommu_device_ser *ser, unsigned int i)
{
	const struct iommu_vtd_pasid_ser *hw = intel_lu_pasid_hw(ser, i);
	struct pasid_entry *entry = intel_lu_find_entry(dir, ser->pasids[i].pasid);

	return !(hw->flags & ~IOMMU_VTD_SER_FORCE_SNOOPING) &&
	       hw->did >= IDA_START_DID && hw->did < cap_ndoms(iommu->cap) &&
	       !memcmp(entry, hw->entry, sizeof(hw->entry)) &&
	       pasid_get_domain_id(entry) == hw->did;
}

/* All tables of the directory of the record are preserved memory. */
bool intel_lu_pasids_valid(struct intel_iommu *iommu, const struct iommu_device_ser *ser)
{
	const struct iommu_vtd_device_ser *vtd = intel_lu_device_hw(ser);
	struct pasid_dir_entry *dir;
	unsigned int i;

	dir = phys_to_virt(vtd->pasid_dir);
	if (!intel_lu_pasids_recorded(dir, vtd->pasid_dir_bytes << 3, ser) ||
	    (ser->nr_pasids && !(vtd->flags & IOMMU_VTD_SER_PASID)))
		return false;
	for (i = 0; i < ser->nr_pasids; i++) {
		if (!intel_lu_pasid_valid(iommu, dir, ser, i))
			return false;
	}
	return true;
}

u32 intel_lu_pasid_domain_id(const struct iommu_device_ser *ser, unsigned int i)
{
	return intel_lu_pasid_hw(ser, i)->did;
}

/* The function is as the record says, and this kernel would use it so. */
int intel_lu_compare_pasid_ctrl(struct device_domain_info *info,
				const struct iommu_vtd_device_ser *vtd)
{
	int expected = PCI_PASID_CTRL_ENABLE | (info->pasid_supported & ~1);

	if (info->pasid_table && info->dev->iommu->max_pasids > info->pasid_table->max_pasid)
		return -EOPNOTSUPP;
	if (!(vtd->flags & IOMMU_VTD_SER_PASID)) {
		/* They stay off: ATS may be on */
		info->pasid_supported = 0;
		return 0;
	}
	if (!info->pasid_supported)
		return -EOPNOTSUPP;
	return pci_pasid_status(to_pci_dev(info->dev)) == expected ? 0 : -EPROTO;
}

static bool intel_lu_pasid_entry_equals(struct device_domain_info *info, u32 pasid,
					const struct iommu_vtd_pasid_ser *hw)
{
	struct pasid_entry *entry;

	guard(spinlock)(&info->iommu->lock);
	entry = intel_lu_find_entry(info->pasid_table->table, pasid);
	return entry && !memcmp(entry, hw->entry, sizeof(hw->entry));
}

/* As domain_add_dev_pasid() does it, with the domain id of the previous kernel */
static int intel_lu_enter_pasid(struct device_domain_info *info, struct iommu_domain *domain,
				u32 pasid, u16 did)
{
	struct dmar_domain *dmar_domain = to_dmar_domain(domain);
	struct dev_pasid_info *dev_pasid;
	int ret;

	ret = intel_lu_enter_did(dmar_domain, info->iommu, did);
	if (ret)
		return ret;
	dev_pasid = domain_add_dev_pasid(domain, info->dev, pasid);
	/* It has an entry of its own for the id */
	intel_lu_leave_did(dmar_domain, info->iommu);
	return PTR_ERR_OR_ZERO(dev_pasid);
}

int intel_lu_attach_pasid(struct device *dev, struct iommu_domain *iommu_domain,
			  const struct iommu_device_ser *ser, unsigned int i)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	const struct iommu_vtd_pasid_ser *hw = intel_lu_pasid_hw(ser, i);
	struct dmar_domain *domain = to_dmar_domain(iommu_domain);
	u32 pasid = ser->pasids[i].pasid;
	int ret;

	if (!info->pasid_table ||
	    virt_to_phys(info->pasid_table->table) != intel_lu_device_hw(ser)->pasid_dir)
		return -EPROTO;
	intel_lu_add_sync_map(domain, info->iommu);
	ret = paging_domain_compatible(iommu_domain, dev);
	if (ret)
		return ret;
	if (!intel_lu_pasid_entry_equals(info, pasid, hw) ||
	    !intel_lu_entry_points_to(domain, hw->entry))
		return -EPROTO;
	if (hw->flags & IOMMU_VTD_SER_FORCE_SNOOPING)
		intel_lu_force_snooping(domain);
	ret = intel_lu_enter_pasid(info, iommu_domain, pasid, hw->did);
	if (ret || !(intel_lu_device_hw(ser)->flags & IOMMU_VTD_SER_ATS))
		return ret;
	/* ATS is on, and is entered when probing is finalized */
	ret = cache_tag_assign(domain, hw->did, dev, pasid, CACHE_TAG_DEVTLB);
	if (ret)
		domain_remove_dev_pasid(iommu_domain, dev, pasid);
	return ret;
}

/*
 * The entry is clear, or nothing reaches it. No invalidation is sent; the cache tags of ATS go,
 * whether it is still entered or not.
 */
void intel_lu_drop_pasid(struct device *dev, struct iommu_domain *domain, u32 pasid)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	bool ats = info->ats_enabled;

	info->ats_enabled = 1;
	domain_remove_dev_pasid(domain, dev, pasid);
	info->ats_enabled = ats;
}

/* The hardware does not reach the table; its content may be that of the previous kernel. */
void intel_lu_clear_pasids(struct device_domain_info *info)
{
	struct pasid_dir_entry *dir = info->pasid_table->table;
	unsigned int i;

	for (i = 0; i < info->pasid_table->max_pasid >> PASID_PDE_SHIFT; i++) {
		struct pasid_entry *entries = get_pasid_table_from_pde(&dir[i]);

		if (!entries)
			continue;
		memset(entries, 0, VTD_PAGE_SIZE);
		__iommu_flush_cache(info->iommu, entries, VTD_PAGE_SIZE);
	}
}
