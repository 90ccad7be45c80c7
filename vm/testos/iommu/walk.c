// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU's tables as the hardware sees them: from the root register down to the last
 * page-table page, read from physical memory, without the kernel's structures. The platform
 * (platform.h) reads the registers and decodes the entries.
 *
 * Recorded per device: the entries that lead to its table, and the top table; per table page:
 * address and all 4096 bytes. The tables in which the entries lie may move from one kernel to
 * the next, so their addresses are not part of the record.
 *
 * Vocabulary: level 1 tables hold leaves of 4 KiB; a table of level n covers 512^n pages.
 * Invariant: pages are recorded once, also when several devices share a table, so the pages
 * of one device alone are the range that was recorded when its top table was first visited.
 */
#include <stdio.h>
#include <string.h>

#include "iommu/walk.h"
#include "os/phys.h"
#include "os/util.h"

static bool known(const struct walk *w, uint64_t phys)
{
	uint32_t i;

	for (i = 0; i < w->npages; i++)
		if (w->phys[i] == phys)
			return true;
	return false;
}

static void add_table(struct walk *w, const struct walk_device *d, uint64_t phys, uint32_t level)
{
	uint64_t *entry, to;
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
		switch (platform()->decode(d, entry[i], level, 0, &to)) {
		case ENTRY_ABSENT:
			break;
		case ENTRY_TABLE:
			add_table(w, d, to, level - 1);
			break;
		case ENTRY_LEAF:
			w->leaves++;
			w->leaf_bytes += PAGE << 9 * (level - 1);
		}
	}
}

void walk_capture(struct walk *w, const uint16_t *source_ids, uint32_t n)
{
	uint32_t i;

	memset(w, 0, offsetof(struct walk, page));
	w->root = platform()->root();
	w->status = platform()->status();
	for (i = 0; i < n && i < WALK_DEVICES; i++) {
		struct walk_device *d = &w->device[w->ndevices++];

		d->source_id = source_ids[i];
		platform()->read_device(d, w->root);
		d->pages[0] = w->npages;
		if (d->present && d->top)
			add_table(w, d, d->top, d->levels);
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
	uint64_t at = d ? d->top : 0, span;
	const uint64_t *table;
	uint32_t level;

	for (level = d ? d->levels : 0; level; level--) {
		span = PAGE << 9 * (level - 1);
		table = (const uint64_t *)page_at(w, at);
		if (!table)
			return 0;
		switch (platform()->decode(d, table[iova / span % 512], level, iova, &at)) {
		case ENTRY_ABSENT:
			return 0;
		case ENTRY_TABLE:
			break;
		case ENTRY_LEAF:
			return at;
		}
	}
	return 0;
}

static const char *entries_differ(const struct walk_device *a, const struct walk_device *b)
{
	unsigned int i;

	if (!a || !b || !a->present || !b->present)
		return "there is no entry";
	for (i = 0; i < WALK_ENTRY; i++)
		if (a->entry[i] != b->entry[i])
			return platform()->entry_name(i);
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
