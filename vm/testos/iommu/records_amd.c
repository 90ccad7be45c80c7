// SPDX-License-Identifier: GPL-2.0
/* AMD-Vi's tails of the records of units and devices. The entry has the table's address. */
#include "iommu/amd.h"
#include "kapi/records.h"

#include <linux/kho/abi/iommu_amd.h>

#define UNIT(member)	TAIL(iommu_unit_ser, iommu_amd_unit_ser, member)
#define DEVICE(member)	TAIL(iommu_device_ser, iommu_amd_device_ser, member)
#define DEVICE_BIT(member, bit)	TAIL_BIT(iommu_device_ser, iommu_amd_device_ser, member, bit)

const struct record_place amd_places[HW_PLACES] = {
	[HW_ROOT] = UNIT(dev_table),
	[HW_FIRST_ENTRY] = DEVICE(dte[0]),
	[HW_LAST_ENTRY] = DEVICE(dte[1]),
	[HW_TABLE] = DEVICE(dte[0]),
	[HW_DOMAIN_ID] = DEVICE(domid),
	[HW_ATS] = DEVICE_BIT(dte[1], 1ull << 32),
	[HW_RESERVED] = DEVICE_BIT(reserved, 1),
};
