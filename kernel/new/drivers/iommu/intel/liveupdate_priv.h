/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INTEL_LIVEUPDATE_PRIV_H
#define _INTEL_LIVEUPDATE_PRIV_H

#include "iommu.h"

struct iommu_device_ser;
struct iommu_unit_ser;

#define INTEL_LU_BUSES	(VTD_PAGE_SIZE / sizeof(struct root_entry))

/* A context entry takes 32 bytes in scalable mode, else 16. */
static inline size_t intel_lu_context_size(struct intel_iommu *iommu)
{
	return sizeof(struct context_entry) * (sm_supported(iommu) ? 2 : 1);
}

/* Where @root says which context table @devfn of @bus is in */
static inline u64 *intel_lu_root_slot(struct intel_iommu *iommu,
				      struct root_entry *root, u8 bus, u8 devfn)
{
	return sm_supported(iommu) && devfn >= 0x80 ? &root[bus].hi : &root[bus].lo;
}

/* The context entry of @devfn; there must be a context table. */
static inline u64 *intel_lu_context_slot(struct intel_iommu *iommu,
					 struct root_entry *root, u8 bus, u8 devfn)
{
	u64 slot = *intel_lu_root_slot(iommu, root, bus, devfn);
	struct context_entry *table = phys_to_virt(slot & VTD_PAGE_MASK);

	return &table[sm_supported(iommu) ? (devfn & 0x7f) * 2 : devfn].lo;
}

int intel_lu_attach_device(struct device *dev, struct iommu_domain *domain,
			   const struct iommu_device_ser *ser);
void intel_lu_isolate_device(struct device *dev);
void intel_lu_readmit_device(struct device *dev);
void intel_lu_finish_unit(const struct iommu_unit_ser *unit);

#endif /* _INTEL_LIVEUPDATE_PRIV_H */
