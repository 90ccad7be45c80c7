/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_RECORD_H
#define _LINUX_KHO_ABI_RECORD_H

#include <linux/build_bug.h>
#include <linux/sizes.h>
#include <linux/types.h>

/**
 * DOC: Handover records
 *
 * A handover record is what one kernel tells the next about one object: a
 * preserved page table, a device, an IOMMU unit, a file. Each record lives in
 * pages of its own that KHO preserves, starts with &struct kho_record_ser and
 * is addressed by its physical address.
 *
 * The header makes a record checkable before anything in it is believed: it
 * names its type, its version and its size, repeats its own address (so that a
 * stale or misdirected pointer is noticed) and carries a CRC over all of it.
 *
 * Records that belong together are found through an index record, which lists
 * their addresses in slots. The number of a slot is the id by which one record
 * refers to another; slot 0 is never used, so that 0 can mean "none".
 *
 * This is ABI between kernels. Records are packed, little endian, of fixed
 * width and hold no pointers. Any change of a record's layout or meaning
 * increments that type's version.
 */

/**
 * DOC: Versions of handover records
 *
 * The kernel that writes a record does not know which kernel will read it. There
 * is no negotiation: each kernel writes one version of each type and reads just
 * that one, in the size that belongs to it. What a kernel does not understand it
 * refuses, and a refused record costs what the record is about, see
 * Documentation/core-api/liveupdate-iommu.rst. So an update between kernels that
 * agree on versions works in both directions, and one between kernels that do not
 * costs the devices, but never reads one thing for another.
 *
 * - A type is never used for something else, and a version never again.
 * - Layout, size or meaning of a field cannot change without a new version.
 * - A new flag needs none. It is set only where it is needed; whoever does not
 *   know it refuses exactly the records that have it. The same goes for reserved
 *   fields, which are 0 and are looked at by the reader, but for that of an index.
 * - The names under which the Live Update Orchestrator keeps an index or a file
 *   (the ``_COMPATIBLE`` strings) stay whatever happens to the records. A kernel
 *   that does not find the name that it looks for stops every device; and no
 *   session at all can be retrieved if a file in any of them has a name without a
 *   handler.
 */

/**
 * struct kho_record_ser - Header of each handover record.
 * @type: What the record is, one of the KHO_RECORD_* values.
 * @version: Version of the layout of this type.
 * @reserved: Must be 0.
 * @size: Size of the whole record in bytes, this header included.
 * @crc: CRC-32 (little endian, seed ~0) of the whole record with @crc being 0.
 * @self: Physical address of the record.
 */
struct kho_record_ser {
	u32 type;
	u16 version;
	u16 reserved;
	u32 size;
	u32 crc;
	u64 self;
} __packed;
static_assert(sizeof(struct kho_record_ser) == 24);

/* Types are four characters so that they are seen in a memory dump. */
#define KHO_RECORD_TYPE(a, b, c, d) ((a) | (b) << 8 | (c) << 16 | (d) << 24)

#define KHO_RECORD_INDEX	KHO_RECORD_TYPE('I', 'N', 'D', 'X')
#define KHO_RECORD_INDEX_VERSION	1
#define KHO_RECORD_INDEX_SLOTS	(SZ_4K / sizeof(u64) - 4)

/**
 * struct kho_record_index_ser - A list of records.
 * @hdr: Header, type KHO_RECORD_INDEX.
 * @owner: Type of what the index belongs to, chosen by the user of the index.
 * @reserved: Must be 0.
 * @slots: Physical addresses of records; 0 is an empty slot. Slot 0 is unused.
 */
struct kho_record_index_ser {
	struct kho_record_ser hdr;
	u32 owner;
	u32 reserved;
	u64 slots[KHO_RECORD_INDEX_SLOTS];
} __packed;
static_assert(sizeof(struct kho_record_index_ser) == SZ_4K);

#endif /* _LINUX_KHO_ABI_RECORD_H */
