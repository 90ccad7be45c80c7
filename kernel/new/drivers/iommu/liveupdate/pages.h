/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __IOMMU_LIVEUPDATE_PAGES_H
#define __IOMMU_LIVEUPDATE_PAGES_H

int iommu_pages_restore(void *virt);

#endif /* __IOMMU_LIVEUPDATE_PAGES_H */
