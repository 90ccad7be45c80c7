// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU's tables as the hardware sees them: from the root table address register down to
 * the last page-table page, read from physical memory, no help from the kernel's structures.
 *
 * Recorded per device: context entry, PASID directory entry, PASID entry (scalable mode), top
 * table; per table page: address and all 4096 bytes. Root and context tables may move from
 * one kernel to the next, so their addresses are not part of the record; their entries are.
 *
 * Vocabulary: level 1 tables hold leaves of 4 KiB; a table of level n covers 512^n pages.
 * Invariant: pages are recorded once, also when several devices share a table, so a record
 * of one device's pages alone is the range that its top table was first met with.
 */
#include <stdio.h>
#include <string.h>

#include "iommu/walk.h"
#include "os/phys.h"
#include "os/util.h"

#define UNIT_BASE	0xfed90000ull	/* q35 has one remapping unit, here */
#define REG_CAPABILITY	0x08
#define CAPABILITY_CM	(1u << 7)
#define REG_STATUS	0x1c
#define REG_ROOT	0x20
#define STATUS_TES	(1u << 31)

#define ADDRESS		0x000ffffffffff000ull
#define PRESENT		1ull
#define ROOT_SCALABLE	(1ull << 10)
#define LEAF		(1ull << 7)

static volatile uint32_t *unit(void)
{
	static volatile uint32_t *regs;

	if (!regs)
		regs = phys_map_regs(UNIT_BASE, PAGE);
	return regs;
}

uint32_t walk_status(void)
{
	return unit()[REG_STATUS / 4];
}

bool walk_translation_on(void)
{
	return walk_status() & STATUS_TES;
}

static uint64_t root_register(void)
{
	volatile uint32_t *regs = unit();

	return regs[REG_ROOT / 4] | (uint64_t)regs[REG_ROOT / 4 + 1] << 32;
}

bool walk_scalable_mode(void)
{
	return root_register() & ROOT_SCALABLE;
}

/* Must software flush also when it makes an entry present? */
bool walk_caching_mode(void)
{
	return unit()[REG_CAPABILITY / 4] & CAPABILITY_CM;
}

static bool known(const struct walk *w, uint64_t phys)
{
	uint32_t i;

	for (i = 0; i < w->npages; i++)
		if (w->phys[i] == phys)
			return true;
	return false;
}

/* @present: bits of which any one makes an entry present */
static void add_table(struct walk *w, uint64_t phys, uint32_t level, uint64_t present)
{
	uint64_t *entry;
	int i;

	if (known(w, phys))
		return;
	if (w->npages == WALK_PAGES) {
		w->overflow = 1;
		return;
	}
	entry = (uint64_t *)w->page[w->npages];
	if (!phys_try_read(entry, phys, PAGE)) {
		w->wild++;
		return;
	}
	w->phys[w->npages++] = phys;
	for (i = 0; i < 512; i++) {
		if (!(entry[i] & present))
			continue;
		if (level > 1 && !(entry[i] & LEAF)) {
			add_table(w, entry[i] & ADDRESS, level - 1, present);
			continue;
		}
		w->leaves++;
		w->leaf_bytes += PAGE << 9 * (level - 1);
	}
}

static void walk_legacy(struct walk_device *d, uint64_t root)
{
	uint64_t table = phys_read_u64(root + (d->source_id >> 8) * 16);

	if (!(table & PRESENT))
		return;
	phys_read(d->context, (table & ADDRESS) + (d->source_id & 0xff) * 16, 16);
	d->present = d->context[0] & PRESENT;
	d->domain_id = d->context[1] >> 8;
	d->levels = (d->context[1] & 7) + 2;
	d->top = d->context[0] & ADDRESS;
}

static uint64_t decode_pasid(struct walk_device *d)
{
	d->first_stage = (d->pasid[0] >> 6 & 7) == 1;
	d->domain_id = d->pasid[1];
	if (d->first_stage) {
		d->levels = d->pasid[2] >> 2 & 3 ? 5 : 4;
		d->top = d->pasid[2] & ADDRESS;
		return 1;
	}
	d->levels = (d->pasid[0] >> 2 & 7) + 2;
	d->top = d->pasid[0] & ADDRESS;
	return 3;
}

/* Returns the mask of present bits for the page table, 0 when there is none. */
static uint64_t walk_scalable(struct walk_device *d, uint64_t root)
{
	uint32_t devfn = d->source_id & 0xff;
	uint64_t table = phys_read_u64(root + (d->source_id >> 8) * 16 + (devfn >> 7) * 8);

	if (!(table & PRESENT))
		return 0;
	phys_read(d->context, (table & ADDRESS) + (devfn & 0x7f) * 32, 32);
	if (!(d->context[0] & PRESENT))
		return 0;
	/* requests without PASID use the entry that RID_PASID names */
	d->pasid_dir_entry = phys_read_u64((d->context[0] & ADDRESS) +
					   (d->context[1] >> 6 & 0x3fff) * 8);
	if (!(d->pasid_dir_entry & PRESENT))
		return 0;
	phys_read(d->pasid, (d->pasid_dir_entry & ADDRESS) + (d->context[1] & 0x3f) * 64, 64);
	d->present = d->pasid[0] & PRESENT;
	return d->present ? decode_pasid(d) : 0;
}

void walk_capture(struct walk *w, const uint16_t *source_ids, uint32_t n)
{
	uint32_t i;

	memset(w, 0, offsetof(struct walk, page));
	w->root = root_register();
	w->status = walk_status();
	for (i = 0; i < n && i < WALK_DEVICES; i++) {
		struct walk_device *d = &w->device[w->ndevices++];
		uint64_t present = 3;

		d->source_id = source_ids[i];
		if (w->root & ROOT_SCALABLE)
			present = walk_scalable(d, w->root & ADDRESS);
		else
			walk_legacy(d, w->root & ADDRESS);
		d->pages[0] = w->npages;
		if (d->present && d->top)
			add_table(w, d->top, d->levels, present);
		d->pages[1] = w->npages;
	}
}

const struct walk_device *walk_find(const struct walk *w, uint16_t source_id)
{
	uint32_t i;

	for (i = 0; i < w->ndevices; i++)
		if (w->device[i].source_id == source_id)
			return &w->device[i];
	return NULL;
}

static const uint8_t *page_at(const struct walk *w, uint64_t phys)
{
	uint32_t i;

	for (i = 0; i < w->npages; i++)
		if (w->phys[i] == phys)
			return w->page[i];
	return NULL;
}

uint64_t walk_translate(const struct walk *w, uint16_t source_id, uint64_t iova)
{
	const struct walk_device *d = walk_find(w, source_id);
	uint64_t at = d ? d->top : 0, span, entry;
	const uint64_t *table;
	uint32_t level;

	for (level = d ? d->levels : 0; level; level--) {
		span = PAGE << 9 * (level - 1);
		table = (const uint64_t *)page_at(w, at);
		entry = table ? table[iova / span % 512] : 0;
		at = entry & ADDRESS;
		if (at && (level == 1 || entry & LEAF))
			return (at & ~(span - 1)) + iova % span;
	}
	return 0;
}

static const char *entries_differ(const struct walk_device *a, const struct walk_device *b)
{
	if (!a || !b || !a->present || !b->present)
		return "there is no entry";
	if (memcmp(a->context, b->context, sizeof(a->context)))
		return "context entry";
	if (a->pasid_dir_entry != b->pasid_dir_entry)
		return "PASID directory entry";
	if (memcmp(a->pasid, b->pasid, sizeof(a->pasid)))
		return "PASID entry";
	if (a->domain_id != b->domain_id || a->top != b->top || a->levels != b->levels)
		return "domain";
	return NULL;
}

static bool page_same(const struct walk *a, uint32_t i, const struct walk *b, char *why,
		      unsigned int room)
{
	const uint64_t *x = (const uint64_t *)a->page[i];
	const uint64_t *y = (const uint64_t *)page_at(b, a->phys[i]);
	int k;

	if (!y) {
		snprintf(why, room, "table page 0x%llx is gone", (unsigned long long)a->phys[i]);
		return false;
	}
	for (k = 0; k < 512; k++) {
		if (x[k] == y[k])
			continue;
		snprintf(why, room, "table page 0x%llx entry %d: 0x%llx, now 0x%llx",
			 (unsigned long long)a->phys[i], k, (unsigned long long)x[k],
			 (unsigned long long)y[k]);
		return false;
	}
	return true;
}

bool walk_same(const struct walk *a, const struct walk *b, uint16_t source_id, char *why,
	       unsigned int room)
{
	const struct walk_device *x = walk_find(a, source_id), *y = walk_find(b, source_id);
	const char *entry = entries_differ(x, y);
	uint32_t i;

	if (entry || a->overflow || b->overflow) {
		snprintf(why, room, "%s", entry ? entry : "more table pages than room");
		return false;
	}
	for (i = x->pages[0]; i < x->pages[1]; i++)
		if (!page_same(a, i, b, why, room))
			return false;
	return true;
}
