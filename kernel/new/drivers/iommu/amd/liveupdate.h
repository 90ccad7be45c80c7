/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AMD_LIVEUPDATE_H
#define _AMD_LIVEUPDATE_H

#include <linux/iommu-liveupdate.h>

struct amd_iommu;
struct amd_iommu_pci_seg;
struct iommu_dev_data;
struct protection_domain;

/* iommu.c, init.c */
void amd_iommu_pdom_id_destroy(void);
int amd_iommu_attach_device(struct iommu_domain *domain, struct device *dev,
			    struct iommu_domain *old);
int pdom_attach_iommu(struct amd_iommu *iommu, struct protection_domain *pdom);
void pdom_detach_iommu(struct amd_iommu *iommu, struct protection_domain *pdom);
void dev_update_dte(struct iommu_dev_data *dev_data, bool set);
int amd_iommu_enable_units(void);
struct iommu_domain *amd_iommu_domain_alloc_paging_v1(struct device *dev, u32 flags);

#if defined(CONFIG_IOMMU_LIVEUPDATE) && defined(CONFIG_IRQ_REMAP)
extern const struct iommu_liveupdate_ops amd_liveupdate_ops;
#define AMD_LIVEUPDATE_OPS	(&amd_liveupdate_ops)

int amd_liveupdate_attach_device(struct iommu_domain *domain, struct device *dev,
				 struct iommu_domain *old);
void amd_liveupdate_shutdown(struct amd_iommu *iommu);
bool amd_liveupdate_stays_on(struct amd_iommu *iommu);
bool amd_liveupdate_keep_unit(struct amd_iommu *iommu);
bool amd_liveupdate_adopt_table(struct amd_iommu *iommu);
void amd_liveupdate_take_over(void);
bool amd_liveupdate_block_table(struct amd_iommu_pci_seg *pci_seg);
void amd_liveupdate_setup_failed(void);
#else
#define AMD_LIVEUPDATE_OPS	NULL

static inline int amd_liveupdate_attach_device(struct iommu_domain *domain,
					       struct device *dev,
					       struct iommu_domain *old)
{
	return amd_iommu_attach_device(domain, dev, old);
}

static inline void amd_liveupdate_shutdown(struct amd_iommu *iommu)
{
}

static inline bool amd_liveupdate_stays_on(struct amd_iommu *iommu)
{
	return false;
}

static inline bool amd_liveupdate_keep_unit(struct amd_iommu *iommu)
{
	return false;
}

static inline bool amd_liveupdate_adopt_table(struct amd_iommu *iommu)
{
	return false;
}

static inline void amd_liveupdate_take_over(void)
{
}

static inline bool amd_liveupdate_block_table(struct amd_iommu_pci_seg *pci_seg)
{
	return false;
}

static inline void amd_liveupdate_setup_failed(void)
{
	amd_iommu_pdom_id_destroy();
}
#endif

#endif /* _AMD_LIVEUPDATE_H */
