/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_IOMMU_AMD_H
#define _LINUX_KHO_ABI_IOMMU_AMD_H

#include <linux/bits.h>
#include <linux/kho/abi/iommu.h>

/**
 * DOC: AMD-Vi handover records
 *
 * The tails of unit and device records of kind %IOMMU_HW_SER_AMD. Names of fields
 * are those of the AMD I/O Virtualization Technology (IOMMU) Specification,
 * publication 48882, revision 3.10.
 */

#define IOMMU_RECORD_AMD_VERSION	1

/**
 * struct iommu_amd_unit_ser - Device table of an AMD-Vi unit.
 * @dev_table: Physical address of the device table (Device Table Base Address
 *             Register, MMIO offset 0000h). All units of a PCI segment use the same
 *             table. Both kernels use it, in place.
 * @dev_table_bytes: Size of the device table, a power of two.
 * @reserved: Must be 0.
 */
struct iommu_amd_unit_ser {
	u64 dev_table;
	u32 dev_table_bytes;
	u32 reserved;
} __packed;
static_assert(sizeof(struct iommu_amd_unit_ser) == 16);
static_assert(sizeof(struct iommu_amd_unit_ser) <= IOMMU_UNIT_SER_HW_MAX);

/**
 * struct iommu_amd_device_ser - Device table entry of a device.
 * @dte: Words 0 and 1 of the entry (section 2.2.2.1): V, TV, Mode, host page table
 *       root pointer, IR, IW; DomainID, SysMgt. Words 2 and 3, which are for
 *       interrupts, are not preserved: the entry blocks all interrupts from shutdown
 *       of the previous kernel on.
 * @domid: Domain id, as in @dte.
 * @reserved: Must be 0.
 */
struct iommu_amd_device_ser {
	u64 dte[2];
	u32 domid;
	u32 reserved;
} __packed;
static_assert(sizeof(struct iommu_amd_device_ser) == 24);
static_assert(sizeof(struct iommu_amd_device_ser) <= IOMMU_DEVICE_SER_HW_MAX);

#endif /* _LINUX_KHO_ABI_IOMMU_AMD_H */
