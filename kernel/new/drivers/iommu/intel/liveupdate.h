/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INTEL_LIVEUPDATE_H
#define _INTEL_LIVEUPDATE_H

#include <linux/iommu-liveupdate.h>

struct device;
struct device_domain_info;
struct intel_iommu;
struct iommu_domain;
struct iommu_liveupdate_ops;
struct pci_dev;

/* cache.c, iommu.c, irq_remapping.c, pasid.c */
int intel_iommu_attach_device(struct iommu_domain *domain, struct device *dev,
			      struct iommu_domain *old);
bool dmar_atc_required(struct pci_dev *dev);
void iommu_enable_pci_ats(struct device_domain_info *info);
void iommu_enable_pci_pri(struct device_domain_info *info);
void intel_iommu_init_qi(struct intel_iommu *iommu);
void iommu_disable_irq_remapping(struct intel_iommu *iommu);
void iommu_set_root_entry(struct intel_iommu *iommu);
void pasid_cache_invalidation_with_pasid(struct intel_iommu *iommu, u16 did, u32 pasid);
void devtlb_invalidation_with_pasid(struct intel_iommu *iommu, struct device *dev, u32 pasid);
struct iommu_domain *intel_iommu_domain_alloc_first_stage(struct device *dev,
							  struct intel_iommu *iommu, u32 flags);
struct iommu_domain *intel_iommu_domain_alloc_second_stage(struct device *dev,
							   struct intel_iommu *iommu, u32 flags);

#ifdef CONFIG_IOMMU_LIVEUPDATE
extern const struct iommu_liveupdate_ops intel_liveupdate_ops;
#define INTEL_LIVEUPDATE_OPS	(&intel_liveupdate_ops)

int intel_liveupdate_attach_device(struct iommu_domain *domain, struct device *dev,
				   struct iommu_domain *old);
void intel_liveupdate_take_locks(struct intel_iommu *iommu);
bool intel_liveupdate_shutdown(struct intel_iommu *iommu);
bool intel_liveupdate_keep_translation(struct intel_iommu *iommu);
void intel_liveupdate_take_over_unit(struct intel_iommu *iommu);
bool intel_liveupdate_block_unit(struct intel_iommu *iommu);
bool intel_liveupdate_adopt_pasid_table(struct device *dev);
bool intel_liveupdate_may_enable_ats(struct device *dev, bool supported);
bool intel_liveupdate_may_enable_pri(struct device_domain_info *info);
bool intel_liveupdate_keep_irq_remapping(struct intel_iommu *iommu, bool eim);
void intel_liveupdate_irq_remapping_off(struct intel_iommu *iommu);
#else
#define INTEL_LIVEUPDATE_OPS	NULL

static inline int intel_liveupdate_attach_device(struct iommu_domain *domain,
						 struct device *dev,
						 struct iommu_domain *old)
{
	return intel_iommu_attach_device(domain, dev, old);
}

static inline bool intel_liveupdate_block_unit(struct intel_iommu *iommu)
{
	return false;
}

static inline void intel_liveupdate_take_locks(struct intel_iommu *iommu)
{
}

static inline bool intel_liveupdate_shutdown(struct intel_iommu *iommu)
{
	return false;
}

static inline bool intel_liveupdate_keep_translation(struct intel_iommu *iommu)
{
	return false;
}

static inline void intel_liveupdate_take_over_unit(struct intel_iommu *iommu)
{
}

static inline bool intel_liveupdate_adopt_pasid_table(struct device *dev)
{
	return false;
}

static inline bool intel_liveupdate_may_enable_ats(struct device *dev, bool supported)
{
	return supported;
}

static inline bool intel_liveupdate_may_enable_pri(struct device_domain_info *info)
{
	return true;
}

static inline bool intel_liveupdate_keep_irq_remapping(struct intel_iommu *iommu, bool eim)
{
	return false;
}

static inline void intel_liveupdate_irq_remapping_off(struct intel_iommu *iommu)
{
}
#endif /* CONFIG_IOMMU_LIVEUPDATE */

#endif /* _INTEL_LIVEUPDATE_H */
