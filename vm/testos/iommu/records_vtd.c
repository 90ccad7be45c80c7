// SPDX-License-Identifier: GPL-2.0
/* VT-d's tails of the records of units and devices. */
#include "iommu/vtd.h"
#include "kapi/records.h"

#include <linux/kho/abi/iommu_vtd.h>

#define UNIT(member)	TAIL(iommu_unit_ser, iommu_vtd_unit_ser, member)
#define DEVICE(member)	TAIL(iommu_device_ser, iommu_vtd_device_ser, member)
#define DEVICE_BIT(member, bit)	TAIL_BIT(iommu_device_ser, iommu_vtd_device_ser, member, bit)

const struct record_place vtd_places[HW_PLACES] = {
	[HW_ROOT] = UNIT(root),
	[HW_FIRST_ENTRY] = DEVICE(context[0]),
	[HW_LAST_ENTRY] = DEVICE(pasid[0]),
	[HW_TABLE] = DEVICE(pasid_dir),
	[HW_DOMAIN_ID] = DEVICE(did),
	[HW_ATS] = DEVICE_BIT(flags, IOMMU_VTD_SER_ATS),
	[HW_PRI] = DEVICE_BIT(flags, IOMMU_VTD_SER_PRI),
	[HW_RESERVED] = DEVICE_BIT(flags, 1ull << 31),
};
