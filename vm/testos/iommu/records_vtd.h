/* SPDX-License-Identifier: GPL-2.0 */
/* VT-d's tails of the records of units and devices, and their members. */
#ifndef TESTOS_RECORDS_VTD_H
#define TESTOS_RECORDS_VTD_H

#include <linux/kho/abi/iommu_vtd.h>

#define HW_UNIT_TAIL	iommu_vtd_unit_ser
#define HW_DEVICE_TAIL	iommu_vtd_device_ser
#define HW_ROOT		root
#define HW_FIRST_ENTRY	context[0]
#define HW_LAST_ENTRY	pasid[0]
#define HW_DIRECTORY	pasid_dir
#define HW_DOMAIN_ID	did

#endif /* TESTOS_RECORDS_VTD_H */
