/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_RECORD_H
#define _LINUX_KHO_ABI_RECORD_H

#include <linux/build_bug.h>
#include <linux/sizes.h>
#include <linux/types.h>

/**
 * DOC: Handover records
 *
 * A handover record describes one object to the next kernel: a preserved page
 * table, a device, an IOMMU unit, a file. Each record has pages of its own,
 * which KHO preserves, starts with &struct kho_record_ser and is identified by
 * its physical address.
 *
 * The header allows a record to be validated before its contents are used: it
 * contains type, version and size, repeats the record's own address, which
 * detects a stale or misdirected pointer, and has a CRC over the whole record.
 *
 * Records that belong together are found through an index, which lists their
 * addresses in slots. The number of a slot is the id by which one record refers to
 * another; slot 0 is never used for a record, so that 0 can mean "none". An index is a
 * chain of index records, which grows with the number of records; slots are numbered
 * through.
 *
 * Records are ABI between kernels. They are packed, little endian, of fixed
 * width and contain no pointers. Any change of a record's layout or meaning
 * increments the version of its type.
 */

/**
 * DOC: Versions of handover records
 *
 * The writer of a record does not know which kernel will read it. There is no
 * negotiation: each kernel writes one version of each type and reads only that
 * version, with the size that belongs to it. A reader rejects any other record,
 * and a rejected record isolates the devices that it describes, see
 * Documentation/core-api/liveupdate-iommu.rst. An update between kernels with the
 * same versions therefore works in both directions. An update between kernels with
 * different versions loses devices, but never misinterprets a record.
 *
 * - A type is never used for another kind of object, and a version never reused.
 * - Layout, size or meaning of a field cannot change without a new version.
 * - A new flag needs no new version. It is set only where it is needed; a reader
 *   that does not know it rejects only the records that have it. The same holds for
 *   reserved fields: they are 0, and readers check that, except in an index.
 * - The names under which the Live Update Orchestrator stores an index or a file
 *   (the ``_COMPATIBLE`` strings) do not change with the records. A kernel that
 *   does not find its name isolates every device. A session with a file whose name
 *   has no handler can be neither finished nor discarded; others are not affected.
 */

/**
 * struct kho_record_ser - Header of each handover record.
 * @type: Kind of record, a KHO_RECORD_TYPE().
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

/* Types are four characters, which are visible in a memory dump. */
#define KHO_RECORD_TYPE(a, b, c, d) ((a) | (b) << 8 | (c) << 16 | (d) << 24)

#define KHO_RECORD_INDEX	KHO_RECORD_TYPE('I', 'N', 'D', 'X')
#define KHO_RECORD_INDEX_VERSION	2
#define KHO_RECORD_INDEX_SLOTS	(SZ_4K / sizeof(u64) - 4)

/**
 * struct kho_record_index_ser - A list of records, or a part of one.
 * @hdr: Header, type KHO_RECORD_INDEX.
 * @user: Type of the index's user, a KHO_RECORD_TYPE().
 * @reserved: Must be 0.
 * @slots: Physical addresses of records; 0 is an empty slot. Slot 0 has the address of
 *	   the next index record of the chain, or 0.
 */
struct kho_record_index_ser {
	struct kho_record_ser hdr;
	u32 user;
	u32 reserved;
	u64 slots[KHO_RECORD_INDEX_SLOTS];
} __packed;
static_assert(sizeof(struct kho_record_index_ser) == SZ_4K);

#endif /* _LINUX_KHO_ABI_RECORD_H */
