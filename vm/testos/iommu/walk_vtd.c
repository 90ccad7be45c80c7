// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of VT-d's tables (specification chapter 9): root, context and PASID entries, and
 * the entries of first-stage and second-stage page tables.
 *
 * Words of a device's entry: 0 to 3 the context entry (2 words in legacy mode), 4 the PASID
 * directory entry, 5 to 12 the PASID entry of requests without a PASID.
 */
#include "iommu/vtd.h"
#include "os/phys.h"
#include "os/util.h"

#define ADDRESS		0x000ffffffffff000ull
#define PRESENT		1ull
#define READ_WRITE	3ull		/* present in a second-stage entry: either bit */
#define LEAF		(1ull << 7)

enum { CONTEXT = 0, PASID_DIR = 4, PASID = 5 };

uint64_t vtd_first_entry(uint64_t root, uint16_t source_id)
{
	bool scalable = root & VTD_ROOT_SCALABLE;
	uint32_t devfn = source_id & 0xff;
	uint64_t table = phys_read_u64((root & ADDRESS) + (source_id >> 8) * 16 +
				       (scalable ? (devfn >> 7) * 8 : 0));

	if (!(table & PRESENT))
		return 0;
	return (table & ADDRESS) + (scalable ? (devfn & 0x7f) * 32 : devfn * 16);
}

static void read_legacy(struct walk_device *d, uint64_t root)
{
	uint64_t *context = &d->entry[CONTEXT], at = vtd_first_entry(root, d->source_id);

	if (!at)
		return;
	phys_read(context, at, 16);
	d->present = context[0] & PRESENT;
	d->domain_id = context[1] >> 8;
	d->levels = (context[1] & 7) + 2;
	d->top = context[0] & ADDRESS;
}

static void decode_pasid(struct walk_device *d)
{
	const uint64_t *pasid = &d->entry[PASID];

	d->first_stage = (pasid[0] >> 6 & 7) == 1;
	d->domain_id = pasid[1];
	if (d->first_stage) {
		d->levels = pasid[2] >> 2 & 3 ? 5 : 4;
		d->top = pasid[2] & ADDRESS;
	} else {
		d->levels = (pasid[0] >> 2 & 7) + 2;
		d->top = pasid[0] & ADDRESS;
	}
}

uint64_t vtd_last_entry(const struct walk_device *d)
{
	/* requests without PASID use the entry that RID_PASID names */
	return (d->entry[PASID_DIR] & ADDRESS) + (d->entry[CONTEXT + 1] & 0x3f) * 64;
}

static bool read_context(uint64_t root, uint16_t source_id, uint64_t context[4])
{
	uint64_t at = vtd_first_entry(root, source_id);

	if (!at)
		return false;
	phys_read(context, at, 32);
	return context[0] & PRESENT;
}

uint64_t vtd_pasid_entry(uint64_t root, uint16_t source_id, uint32_t pasid)
{
	uint64_t context[4], table;

	if (!read_context(root, source_id, context))
		return 0;
	table = phys_read_u64((context[0] & ADDRESS) + pasid / 64 * 8);
	return table & PRESENT ? (table & ADDRESS) + pasid % 64 * 64 : 0;
}

static void read_scalable(struct walk_device *d, uint64_t root)
{
	uint64_t *context = &d->entry[CONTEXT];

	if (!read_context(root, d->source_id, context))
		return;
	d->entry[PASID_DIR] = phys_read_u64((context[0] & ADDRESS) +
					    (context[1] >> 6 & 0x3fff) * 8);
	if (!(d->entry[PASID_DIR] & PRESENT))
		return;
	phys_read(&d->entry[PASID], vtd_last_entry(d), 64);
	d->present = d->entry[PASID] & PRESENT;
	if (d->present)
		decode_pasid(d);
}

void vtd_read_device(struct walk_device *d, uint64_t root)
{
	if (root & VTD_ROOT_SCALABLE)
		read_scalable(d, root);
	else
		read_legacy(d, root);
}

enum walk_entry vtd_decode(const struct walk_device *d, uint64_t entry, uint32_t level,
			   uint64_t iova, uint64_t *phys)
{
	uint64_t size = PAGE << 9 * (level - 1);

	*phys = entry & ADDRESS;
	if (!(entry & (d->first_stage ? PRESENT : READ_WRITE)))
		return ENTRY_ABSENT;
	if (level > 1 && !(entry & LEAF))
		return ENTRY_TABLE;
	*phys = (*phys & ~(size - 1)) + iova % size;
	return ENTRY_LEAF;
}

const char *vtd_entry_name(unsigned int word)
{
	return word < PASID_DIR ? "context entry" :
	       word < PASID ? "PASID directory entry" : "PASID entry";
}

uint64_t vtd_table_bits(const struct walk_device *d)
{
	(void)d;
	return READ_WRITE;
}
