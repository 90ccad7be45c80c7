/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AMD_LIVEUPDATE_PRIV_H
#define _AMD_LIVEUPDATE_PRIV_H

#include <linux/kho/abi/iommu_amd.h>

#include "amd_iommu.h"

/* Word 0 of an entry that blocks DMA */
#define AMD_LU_DTE_BLOCKED	(DTE_FLAG_V | DTE_FLAG_TV)
/* Word 2 of an entry that blocks interrupts of all types: it is valid, and IntCtl is 0 */
#define AMD_LU_DTE_NO_INTERRUPTS	DTE_IRQ_REMAP_ENABLE
/* All bits that an entry with a host page table may have */
#define AMD_LU_DTE_WORD0	(DTE_FLAG_V | DTE_FLAG_TV | DTE_MODE_MASK | DTE_HOST_TRP | \
				 DTE_FLAG_IR | DTE_FLAG_IW)
#define AMD_LU_DTE_WORD1	(DTE_DOMID_MASK | DTE_DATA1_SYSMGT_MASK)

static inline struct amd_iommu *to_amd_iommu(struct iommu_device *iommu)
{
	return container_of(iommu, struct amd_iommu, iommu);
}

/* The tails of the records; the core has checked their layout */
static inline struct iommu_amd_unit_ser *amd_lu_unit_hw(const struct iommu_unit_ser *ser)
{
	return (struct iommu_amd_unit_ser *)ser->hw_data;
}

static inline struct iommu_amd_device_ser *
amd_lu_device_hw(const struct iommu_device_ser *ser)
{
	return (struct iommu_amd_device_ser *)ser->hw_data;
}

/* Both entries are valid, so each half may change by itself. */
static inline void amd_lu_store_half(struct dev_table_entry *entry, unsigned int half,
				     u64 low, u64 high)
{
	struct dev_table_entry new = { .data = { low, high } };

	arch_cmpxchg128_local(&entry->data128[half], entry->data128[half], new.data128[0]);
}

/* The unit may have requests of the device translated in advance, or this kernel lets it */
static inline bool amd_lu_uses_ats(struct iommu_dev_data *dev_data)
{
	return dev_data->ats_enabled || dev_data->pri_enabled ||
	       (amd_iommu_iotlb_sup && dev_data->flags & AMD_IOMMU_DEVICE_FLAG_ATS_SUP);
}

/* liveupdate_incoming.c */
bool amd_lu_same_mode(struct iommu_device *iommu);
bool amd_lu_unit_valid(struct iommu_device *iommu, const struct iommu_unit_ser *ser);
bool amd_lu_entry_valid(struct iommu_device *iommu, const struct iommu_unit_ser *unit,
			const struct iommu_device_ser *ser);
u32 amd_lu_domain_id(const struct iommu_device_ser *ser);
int amd_lu_accept_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser);
void amd_lu_block_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser);
void amd_lu_block(struct amd_iommu *iommu, u16 devid);

/* liveupdate_attach.c */
void amd_lu_destroy_ids(void);
int amd_lu_reserve_id(struct iommu_device *iommu, u32 id);
struct iommu_domain *amd_lu_alloc_domain(struct device *dev,
					 const struct iommu_domain_ser *ser);
int amd_lu_attach_device(struct device *dev, struct iommu_domain *domain,
			 const struct iommu_device_ser *ser);
void amd_lu_isolate_device(struct device *dev);
bool amd_lu_points_to(struct protection_domain *pdom, const u64 *dte);

/* liveupdate_replace.c */
bool amd_lu_may_replace(struct iommu_domain *new, struct device *dev,
			struct iommu_domain *old);

#endif /* _AMD_LIVEUPDATE_PRIV_H */
