/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __IOMMU_LIVEUPDATE_PAGES_H
#define __IOMMU_LIVEUPDATE_PAGES_H

#include <linux/errno.h>

struct device;

#ifdef CONFIG_IOMMU_LIVEUPDATE
int iommu_pages_restore(void *virt, struct device *dma_dev);
#else
static inline int iommu_pages_restore(void *virt, struct device *dma_dev)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* __IOMMU_LIVEUPDATE_PAGES_H */
