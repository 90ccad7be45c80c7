// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of AMD-Vi's tables (specification chapter 2.2): the entry of the device table, and
 * the entries of host page tables ("v1").
 *
 * Words of a device's entry: 0 and 1, which are about DMA. Words 2 and 3 are about interrupts,
 * which are blocked across the kexec.
 */
#include "iommu/amd.h"
#include "os/phys.h"
#include "os/util.h"

#define ADDRESS		0x000ffffffffff000ull
#define PRESENT		1ull
#define READ_WRITE	(3ull << 61)
#define DTE_BYTES	32
#define DTE_VALID	3ull		/* V and TV */
#define MODE(word)	((word) >> 9 & 7)
#define NEXT_LEVEL(e)	((e) >> 9 & 7)
#define OTHER_SIZE	7		/* next level of a leaf that has its size in its address */

static uint64_t entry_at(const struct walk_device *d, uint64_t root)
{
	return (root & ADDRESS) + (uint64_t)d->source_id * DTE_BYTES;
}

void amd_read_device(struct walk_device *d, uint64_t root)
{
	phys_read(d->entry, entry_at(d, root), AMD_ENTRY_WORDS * sizeof(*d->entry));
	d->present = (d->entry[0] & DTE_VALID) == DTE_VALID && MODE(d->entry[0]);
	d->domain_id = d->entry[1];
	d->levels = MODE(d->entry[0]);
	d->top = d->entry[0] & ADDRESS;
}

/* The lowest bit of the address that is 0 tells the size. */
static uint64_t other_size(uint64_t entry)
{
	uint64_t size = 2 * PAGE;

	for (; entry & size / 2; size *= 2)
		;
	return size;
}

enum walk_entry amd_decode(const struct walk_device *d, uint64_t entry, uint32_t level,
			   uint64_t iova, uint64_t *phys)
{
	uint64_t size = PAGE << 9 * (level - 1);

	(void)d;
	*phys = entry & ADDRESS;
	if (!(entry & PRESENT))
		return ENTRY_ABSENT;
	if (NEXT_LEVEL(entry) && NEXT_LEVEL(entry) != OTHER_SIZE)
		return ENTRY_TABLE;
	if (NEXT_LEVEL(entry) == OTHER_SIZE)
		size = other_size(entry);
	*phys = (*phys & ~(size - 1)) + iova % size;
	return ENTRY_LEAF;
}

uint64_t amd_last_entry(const struct walk_device *d)
{
	return entry_at(d, platform()->root());
}

const char *amd_entry_name(unsigned int word)
{
	(void)word;
	return "entry of the device table";
}

uint64_t amd_table_bits(const struct walk_device *d)
{
	return READ_WRITE | (uint64_t)(d->levels - 1) << 9 | PRESENT;
}
