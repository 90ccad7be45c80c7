/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_IOMMU_H
#define _LINUX_KHO_ABI_IOMMU_H

#include <linux/bits.h>
#include <linux/kho/abi/record.h>

/**
 * DOC: IOMMU handover records
 *
 * Three kinds of records, found through one index (owner %IOMMU_RECORD_INDEX)
 * whose address is the data of the FLB %IOMMU_LIVEUPDATE_FLB_COMPATIBLE:
 *
 * - a domain: one I/O page table, its format and where its top is;
 * - a unit: one IOMMU, and the minimal tables the old kernel left in it;
 * - a device: one function, the domain it is attached to, the unit that
 *   translates for it and the hardware entries that lead from one to the other.
 *
 * Pages that a record names, other records apart, belong to the object that the
 * record describes: they are restored when the object is taken over and freed
 * together with it. Table pages lie in blocks of KHO that hold tables of one domain
 * and pages that nothing uses: a block belongs to the domain whose tables are in it.
 */

#define IOMMU_LIVEUPDATE_FLB_COMPATIBLE	"iommu-v1"

#define IOMMU_RECORD_INDEX	KHO_RECORD_TYPE('I', 'O', 'M', 'M')
#define IOMMU_RECORD_DOMAIN	KHO_RECORD_TYPE('I', 'D', 'O', 'M')
#define IOMMU_RECORD_UNIT	KHO_RECORD_TYPE('I', 'U', 'N', 'T')
#define IOMMU_RECORD_DEVICE	KHO_RECORD_TYPE('I', 'D', 'E', 'V')

#define IOMMU_RECORD_DOMAIN_VERSION	2
#define IOMMU_RECORD_UNIT_VERSION	1
#define IOMMU_RECORD_DEVICE_VERSION	1

#define IOMMU_DOMAIN_SER_FORMAT_LEN	16

/**
 * struct iommu_domain_ser - One I/O page table.
 * @hdr: Header, type IOMMU_RECORD_DOMAIN.
 * @format: Name of the page-table format as generic_pt spells it ("vtdss",
 *          "x86_64", "amdv1", ...), padded with NULs.
 * @flags: Must be 0.
 * @top_level: Level of the top table; level 0 holds the smallest leaves.
 * @vasz_lg2: Width of the I/O virtual addresses in bits.
 * @reserved: Must be 0.
 * @top: Physical address of the top table.
 * @nr_tables: Number of table pages, the top included.
 * @table_bytes: Bytes of all table pages.
 * @mapped_bytes: Bytes that the leaves map, as told by whoever preserved it.
 * @owner: LUO's data of the file that preserved it.
 * @blocks_sum: Sum of the CRC-32 (little endian, seed ~0) of each block that table
 *              pages lie in: 64 bits, its physical address and its order in the low bits.
 */
struct iommu_domain_ser {
	struct kho_record_ser hdr;
	char format[IOMMU_DOMAIN_SER_FORMAT_LEN];
	u32 flags;
	u8 top_level;
	u8 vasz_lg2;
	u16 reserved;
	u64 top;
	u64 nr_tables;
	u64 table_bytes;
	u64 mapped_bytes;
	u64 owner;
	u64 blocks_sum;
} __packed;
static_assert(sizeof(struct iommu_domain_ser) == 96);

/* What kind of IOMMU a unit record describes */
#define IOMMU_UNIT_SER_VTD	1

/**
 * struct iommu_unit_ser - One IOMMU that translates for preserved devices.
 * @hdr: Header, type IOMMU_RECORD_UNIT.
 * @kind: IOMMU_UNIT_SER_*.
 * @segment: PCI segment of the unit.
 * @reserved: Must be 0.
 * @reg_base: Physical address of the unit's registers; identifies the unit.
 * @root: VT-d: value of the root table address register (RTADDR_REG, VT-d
 *        specification section 11.4.5) from shutdown of the old kernel on. It
 *        points to the minimal root table, which holds preserved devices only.
 */
struct iommu_unit_ser {
	struct kho_record_ser hdr;
	u32 kind;
	u16 segment;
	u16 reserved;
	u64 reg_base;
	u64 root;
} __packed;
static_assert(sizeof(struct iommu_unit_ser) == 48);

/* DMA snoops the caches whatever the device asks for (dmar_domain force_snooping) */
#define IOMMU_VTD_SER_FORCE_SNOOPING	BIT(0)
#define IOMMU_VTD_SER_FLAGS		IOMMU_VTD_SER_FORCE_SNOOPING

/**
 * struct iommu_vtd_device_ser - The entries of a device in VT-d's tables.
 * @context: Context entry; 256 bits in scalable mode, else the upper two words
 *           are 0 (VT-d specification sections 9.3, 9.4).
 * @pasid: PASID table entry of the requests without PASID (section 9.6); 0 in
 *         legacy mode.
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

/**
 * struct iommu_device_ser - One preserved function.
 * @hdr: Header, type IOMMU_RECORD_DEVICE.
 * @segment: PCI segment.
 * @bdf: Bus, device, function.
 * @vendor: PCI vendor id.
 * @device: PCI device id.
 * @domain: Id of the domain's record.
 * @unit: Id of the unit's record.
 * @reserved: Must be 0.
 * @vtd: Hardware entries, for a unit of kind IOMMU_UNIT_SER_VTD.
 */
struct iommu_device_ser {
	struct kho_record_ser hdr;
	u16 segment;
	u16 bdf;
	u16 vendor;
	u16 device;
	u32 domain;
	u32 unit;
	u64 reserved;
	struct iommu_vtd_device_ser vtd;
} __packed;
static_assert(sizeof(struct iommu_device_ser) == 48 + 120);

#endif /* _LINUX_KHO_ABI_IOMMU_H */
