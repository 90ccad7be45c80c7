/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INTEL_LIVEUPDATE_PRIV_H
#define _INTEL_LIVEUPDATE_PRIV_H

#include <linux/kho/abi/iommu_vtd.h>

#include "iommu.h"

struct pasid_dir_entry;

#define INTEL_LU_BUSES	(VTD_PAGE_SIZE / sizeof(struct root_entry))

static inline struct intel_iommu *to_intel_iommu(struct iommu_device *iommu)
{
	return container_of(iommu, struct intel_iommu, iommu);
}

/* The tails of the records; the core has checked their layout */
static inline struct iommu_vtd_unit_ser *intel_lu_unit_hw(const struct iommu_unit_ser *ser)
{
	return (struct iommu_vtd_unit_ser *)ser->hw_data;
}

static inline struct iommu_vtd_device_ser *
intel_lu_device_hw(const struct iommu_device_ser *ser)
{
	return (struct iommu_vtd_device_ser *)ser->hw_data;
}

/* A context entry has 32 bytes in scalable mode, else 16. */
static inline size_t intel_lu_context_size(struct intel_iommu *iommu)
{
	return sizeof(struct context_entry) * (sm_supported(iommu) ? 2 : 1);
}

/* The word of @root that points to the context table of @devfn on @bus */
static inline u64 *intel_lu_root_slot(struct intel_iommu *iommu,
				      struct root_entry *root, u8 bus, u8 devfn)
{
	return sm_supported(iommu) && devfn >= 0x80 ? &root[bus].hi : &root[bus].lo;
}

/*
 * The context entry of @devfn on @bus, two or four words; its context table exists. Not the
 * address of a member: FORTIFY_SOURCE would warn of a copy that is longer than the member.
 */
static inline u64 *intel_lu_context_slot(struct intel_iommu *iommu,
					 struct root_entry *root, u8 bus, u8 devfn)
{
	u64 slot = *intel_lu_root_slot(iommu, root, bus, devfn);
	void *table = phys_to_virt(slot & VTD_PAGE_MASK);
	u8 n = sm_supported(iommu) ? devfn & 0x7f : devfn;

	return table + n * intel_lu_context_size(iommu);
}

/* liveupdate_ats.c */
int intel_lu_check_ats(struct device_domain_info *info);
bool intel_lu_ats_valid(struct intel_iommu *iommu, const struct iommu_vtd_device_ser *vtd);
int intel_lu_compare_ats(struct device_domain_info *info,
			 const struct iommu_vtd_device_ser *vtd);
int intel_lu_adopt_ats(struct device_domain_info *info,
		       const struct iommu_vtd_device_ser *vtd);
void intel_lu_stop_ats(struct device_domain_info *info);
void intel_lu_take_locks(struct intel_iommu *iommu);
void intel_lu_drain_queue(struct intel_iommu *iommu);

/* liveupdate_pri.c */
int intel_lu_check_pri(struct device_domain_info *info);
int intel_lu_freeze_pri(struct device_domain_info *info);
void intel_lu_unfreeze_pri(struct device_domain_info *info);
void intel_lu_snapshot_pri(struct device_domain_info *info, struct iommu_vtd_device_ser *vtd);
void intel_lu_leave_queue(struct intel_iommu *iommu);
bool intel_lu_pri_valid(struct intel_iommu *iommu, const struct iommu_vtd_device_ser *vtd);
int intel_lu_compare_pri(struct device_domain_info *info,
			 const struct iommu_vtd_device_ser *vtd);
void intel_lu_finish_pri(struct device_domain_info *info);
void intel_lu_cancel_pri(struct device_domain_info *info);

/* liveupdate_incoming.c */
bool intel_lu_same_mode(struct iommu_device *iommu);
bool intel_lu_unit_valid(struct iommu_device *iommu, const struct iommu_unit_ser *ser);
bool intel_lu_entry_valid(struct iommu_device *iommu, const struct iommu_unit_ser *unit,
			  const struct iommu_device_ser *ser);
u32 intel_lu_domain_id(const struct iommu_device_ser *ser);
int intel_lu_copy_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser);
int intel_lu_reserve_id(struct iommu_device *iommu, u32 id);
void intel_lu_block_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser);
void intel_lu_flush_all(struct intel_iommu *iommu);
void intel_lu_clear_context(struct intel_iommu *iommu, u8 bus, u8 devfn);
void intel_lu_finish_unit(struct iommu_device *iommu, const struct iommu_unit_ser *ser);

/* liveupdate_irq.c */
void intel_lu_park_irqs(struct intel_iommu *iommu, void *table);

/* liveupdate_attach.c */
struct iommu_domain *intel_lu_alloc_domain(struct device *dev,
					   const struct iommu_domain_ser *ser);
int intel_lu_attach_device(struct device *dev, struct iommu_domain *domain,
			   const struct iommu_device_ser *ser);
void intel_lu_isolate_device(struct device *dev);
void intel_lu_finish_device(struct device *dev, bool readmit);

void intel_lu_add_sync_map(struct dmar_domain *domain, struct intel_iommu *iommu);
bool intel_lu_entry_points_to(struct dmar_domain *domain, const u64 *entry);
int intel_lu_enter_did(struct dmar_domain *domain, struct intel_iommu *iommu, u16 did);
void intel_lu_leave_did(struct dmar_domain *domain, struct intel_iommu *iommu);
void intel_lu_force_snooping(struct dmar_domain *domain);

/* liveupdate_pasid.c */
bool intel_lu_pasids_recorded(struct pasid_dir_entry *dir, u32 max_pasid,
			      const struct iommu_device_ser *ser);
void intel_lu_snapshot_pasids(struct device_domain_info *info, struct iommu_device_ser *ser);
bool intel_lu_pasids_valid(struct intel_iommu *iommu, const struct iommu_device_ser *ser);
u32 intel_lu_pasid_domain_id(const struct iommu_device_ser *ser, unsigned int i);
int intel_lu_compare_pasid_ctrl(struct device_domain_info *info,
				const struct iommu_vtd_device_ser *vtd);
int intel_lu_attach_pasid(struct device *dev, struct iommu_domain *iommu_domain,
			  const struct iommu_device_ser *ser, unsigned int i);
void intel_lu_drop_pasid(struct device *dev, struct iommu_domain *domain, u32 pasid);
void intel_lu_clear_pasids(struct device_domain_info *info);

/* liveupdate_replace.c */
bool intel_lu_may_replace(struct iommu_domain *new, struct device *dev,
			  struct iommu_domain *old);

#endif /* _INTEL_LIVEUPDATE_PRIV_H */
