/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_IOMMU_H
#define _LINUX_KHO_ABI_IOMMU_H

#include <linux/bits.h>
#include <linux/kho/abi/record.h>

/**
 * DOC: IOMMU handover records
 *
 * An index (user %IOMMU_RECORD_INDEX) lists records of three types. Its address
 * is the data of the FLB %IOMMU_LIVEUPDATE_FLB_COMPATIBLE.
 *
 * - A domain record describes one I/O page table: its format and its top table.
 * - A unit record describes one IOMMU and the tables that it uses across the
 *   kexec.
 * - A device record describes one function: its domain, its unit, and the
 *   hardware entries that lead from the unit to the domain.
 *
 * Unit and device records have a generic part and a tail that belongs to the
 * IOMMU driver. &struct iommu_hw_ser names the layout of the tail. Another kind
 * of IOMMU defines its tail in a header of its own and changes no record here.
 *
 * Pages that a record names, other records excepted, belong to the object that
 * the record describes: they are restored when the object is taken over and are
 * freed with it. Table pages are in blocks that KHO preserves as a whole. A block
 * contains tables of one domain and unused pages, and belongs to that domain.
 */

#define IOMMU_LIVEUPDATE_FLB_COMPATIBLE	"iommu-v1"

#define IOMMU_RECORD_INDEX	KHO_RECORD_TYPE('I', 'O', 'M', 'M')
#define IOMMU_RECORD_DOMAIN	KHO_RECORD_TYPE('I', 'D', 'O', 'M')
#define IOMMU_RECORD_UNIT	KHO_RECORD_TYPE('I', 'U', 'N', 'T')
#define IOMMU_RECORD_DEVICE	KHO_RECORD_TYPE('I', 'D', 'E', 'V')

#define IOMMU_RECORD_DOMAIN_VERSION	4
#define IOMMU_RECORD_UNIT_VERSION	2
#define IOMMU_RECORD_DEVICE_VERSION	3

#define IOMMU_DOMAIN_SER_FORMAT_LEN	16

/* The CPU flushes its caches after it has written an entry of the table */
#define IOMMU_DOMAIN_SER_INCOHERENT	BIT(0)
/* The topmost bit of an I/O virtual address is extended up to bit 63 */
#define IOMMU_DOMAIN_SER_SIGN_EXTEND	BIT(1)
/* The table can grow by a level at its top */
#define IOMMU_DOMAIN_SER_DYNAMIC_TOP	BIT(2)
/* The domain has dirty tracking, which is off */
#define IOMMU_DOMAIN_SER_DIRTY_TRACKING	BIT(3)
#define IOMMU_DOMAIN_SER_FLAGS		(BIT(4) - 1)

/**
 * struct iommu_domain_ser - One I/O page table.
 * @hdr: Header, type IOMMU_RECORD_DOMAIN.
 * @format: Name of the page-table format in generic_pt ("vtdss", "x86_64",
 *          "amdv1", ...), padded with NULs.
 * @flags: IOMMU_DOMAIN_SER_*; unknown bits make the record invalid.
 * @top_level: Level of the top table; level 0 holds the smallest leaves.
 * @vasz_lg2: Width of the I/O virtual addresses in bits.
 * @oasz_lg2: Width of the output addresses in bits.
 * @reserved: Must be 0.
 * @pgsize_bitmap: Leaf sizes in use, a bit for each power of two, in bytes.
 * @top: Physical address of the top table.
 * @nr_tables: Number of table pages, the top included.
 * @table_bytes: Bytes of all table pages.
 * @mapped_bytes: Bytes that the leaves map, as reported by the file handler that
 *                preserved the domain.
 * @owner: LUO's data of the file that preserved the domain.
 * @blocks_sum: Sum of the CRC-32 (little endian, seed ~0) of each block that
 *              contains table pages. A CRC covers 64 bits: the physical address of
 *              the block, with its order in the low bits.
 */
struct iommu_domain_ser {
	struct kho_record_ser hdr;
	char format[IOMMU_DOMAIN_SER_FORMAT_LEN];
	u32 flags;
	u8 top_level;
	u8 vasz_lg2;
	u8 oasz_lg2;
	u8 reserved;
	u64 pgsize_bitmap;
	u64 top;
	u64 nr_tables;
	u64 table_bytes;
	u64 mapped_bytes;
	u64 owner;
	u64 blocks_sum;
} __packed;
static_assert(sizeof(struct iommu_domain_ser) == 104);

/* Kinds of IOMMU. 0 is not used. */
#define IOMMU_HW_SER_VTD	1
#define IOMMU_HW_SER_AMD	2

/**
 * struct iommu_hw_ser - Layout of the tail of a unit or device record.
 * @kind: IOMMU_HW_SER_*; selects the header that defines the tail.
 * @version: Version of the layout of the tail, counted per @kind.
 * @size: Bytes of the tail that are in use; the rest must be 0.
 */
struct iommu_hw_ser {
	u16 kind;
	u16 version;
	u32 size;
} __packed;
static_assert(sizeof(struct iommu_hw_ser) == 8);

#define IOMMU_UNIT_SER_HW_MAX	80
#define IOMMU_DEVICE_SER_HW_MAX	200
#define IOMMU_PASID_SER_HW_MAX	72

/**
 * struct iommu_unit_ser - One IOMMU that translates for preserved devices.
 * @hdr: Header, type IOMMU_RECORD_UNIT.
 * @segment: PCI segment of the unit.
 * @reserved: Must be 0.
 * @reg_base: Physical address of the unit's registers; identifies the unit
 *            together with the kind and @segment.
 * @hw: Layout of @hw_data.
 * @hw_data: Tail: the tables that the unit uses across the kexec.
 */
struct iommu_unit_ser {
	struct kho_record_ser hdr;
	u16 segment;
	u16 reserved[3];
	u64 reg_base;
	struct iommu_hw_ser hw;
	u8 hw_data[IOMMU_UNIT_SER_HW_MAX];
} __packed;
static_assert(sizeof(struct iommu_unit_ser) == 128);

/**
 * struct iommu_pasid_ser - A PASID with which a function uses a domain.
 * @pasid: The PASID, 1 or more.
 * @domain: Id of the domain's record.
 * @hw_data: Tail: the hardware entries for this PASID.
 */
struct iommu_pasid_ser {
	u32 pasid;
	u32 domain;
	u8 hw_data[IOMMU_PASID_SER_HW_MAX];
} __packed;
static_assert(sizeof(struct iommu_pasid_ser) == 80);

#define IOMMU_DEVICE_SER_MAX_PASIDS	48

/**
 * struct iommu_device_ser - One preserved function.
 * @hdr: Header, type IOMMU_RECORD_DEVICE.
 * @segment: PCI segment.
 * @bdf: Bus, device, function.
 * @vendor: PCI vendor id.
 * @device: PCI device id.
 * @domain: Id of the domain's record, for requests without PASID.
 * @unit: Id of the unit's record.
 * @nr_pasids: Entries used in @pasids; the rest must be 0.
 * @reserved: Must be 0.
 * @hw: Layout of @hw_data and of the tails in @pasids; the kind is that of the unit's
 *      record.
 * @hw_data: Tail: the hardware entries of the function.
 * @pasids: All PASIDs for which the hardware has an entry, in ascending order.
 */
struct iommu_device_ser {
	struct kho_record_ser hdr;
	u16 segment;
	u16 bdf;
	u16 vendor;
	u16 device;
	u32 domain;
	u32 unit;
	u32 nr_pasids;
	u32 reserved;
	struct iommu_hw_ser hw;
	u8 hw_data[IOMMU_DEVICE_SER_HW_MAX];
	struct iommu_pasid_ser pasids[IOMMU_DEVICE_SER_MAX_PASIDS];
} __packed;
static_assert(sizeof(struct iommu_device_ser) == 4096);

#endif /* _LINUX_KHO_ABI_IOMMU_H */
