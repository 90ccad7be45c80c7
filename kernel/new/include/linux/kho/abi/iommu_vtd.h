/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_IOMMU_VTD_H
#define _LINUX_KHO_ABI_IOMMU_VTD_H

#include <linux/bits.h>
#include <linux/kho/abi/iommu.h>

/**
 * DOC: VT-d handover records
 *
 * The tails of unit and device records of kind %IOMMU_HW_SER_VTD. Section numbers
 * are those of the Intel Virtualization Technology for Directed I/O
 * specification, revision 4.1.
 */

#define IOMMU_RECORD_VTD_VERSION	4

/**
 * struct iommu_vtd_unit_ser - Tables of a VT-d unit across the kexec.
 * @root: Value of the root table address register (RTADDR_REG)
 *        from shutdown of the previous kernel on. It points to the minimal root
 *        table, which contains preserved devices only.
 * @ir_table: Physical address of the empty interrupt remapping table
 *            that the unit uses from then on, if interrupt remapping is on.
 */
struct iommu_vtd_unit_ser {
	u64 root;
	u64 ir_table;
} __packed;
static_assert(sizeof(struct iommu_vtd_unit_ser) <= IOMMU_UNIT_SER_HW_MAX);

/* All DMA snoops the CPU caches (force_snooping of struct dmar_domain) */
#define IOMMU_VTD_SER_FORCE_SNOOPING	BIT(0)
/* ATS is enabled, with 4 KiB as smallest translation unit; the context entry allows it */
#define IOMMU_VTD_SER_ATS		BIT(1)
/* PASIDs are enabled in the function */
#define IOMMU_VTD_SER_PASID		BIT(2)
/* Page requests were in use (PRE of the entry); they are off in @context and in the function */
#define IOMMU_VTD_SER_PRI		BIT(3)
#define IOMMU_VTD_SER_FLAGS		(BIT(4) - 1)

/**
 * struct iommu_vtd_device_ser - Entries of a device in VT-d's tables.
 * @context: Context entry, as the hardware has it across the kexec; 256 bits in scalable mode
 *           (section 9.4), with PRE clear. In legacy mode 128 bits (section 9.3), the upper
 *           two words are 0.
 * @pasid: PASID table entry for requests without PASID (section 9.6); 0 in legacy
 *         mode.
 * @pasid_dir: Physical address of the PASID directory; 0 in legacy mode.
 * @pasid_dir_bytes: Size of the directory, a power of two.
 * @did: Domain id, in both modes.
 * @flags: IOMMU_VTD_SER_*; unknown bits make the record invalid.
 */
struct iommu_vtd_device_ser {
	u64 context[4];
	u64 pasid[8];
	u64 pasid_dir;
	u32 pasid_dir_bytes;
	u32 did;
	u64 flags;
} __packed;
static_assert(sizeof(struct iommu_vtd_device_ser) == 120);
static_assert(sizeof(struct iommu_vtd_device_ser) <= IOMMU_DEVICE_SER_HW_MAX);

/**
 * struct iommu_vtd_pasid_ser - Entry of a device for one PASID.
 * @entry: PASID table entry (section 9.6).
 * @did: Domain id.
 * @flags: IOMMU_VTD_SER_FORCE_SNOOPING or 0.
 */
struct iommu_vtd_pasid_ser {
	u64 entry[8];
	u32 did;
	u32 flags;
} __packed;
static_assert(sizeof(struct iommu_vtd_pasid_ser) == IOMMU_PASID_SER_HW_MAX);

#endif /* _LINUX_KHO_ABI_IOMMU_VTD_H */
