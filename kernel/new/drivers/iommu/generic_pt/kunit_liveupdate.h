/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables that arrive in a next kernel, for kunit_liveupdate_pt.h.
 *
 * A table with random mappings is preserved, arrives, and is restored as the
 * table of a second domain, all by the operations of the format. Only the
 * arrival is played, for want of a kexec: pt_kunit_lu_arrive() leaves the table pages
 * as the next kernel finds them after boot, handed over by KHO and not counted by
 * anybody. From then on the first domain owns nothing and is never freed.
 *
 * Then the table is compared with lists of mappings: the right one, and lists with one
 * difference each, which must be found at its place.
 */
#ifndef __GENERIC_PT_KUNIT_LIVEUPDATE_H
#define __GENERIC_PT_KUNIT_LIVEUPDATE_H

#include "kunit_iommu.h"
#include "pt_iter.h"
#include "../liveupdate/blocks.h"
#include <linux/generic_pt/liveupdate.h>
#include <linux/iommu.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/iommu.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#define LU_AREAS	16
#define LU_CHANGED	5 /* has unmapped IOVAs on both sides and is no large page */
#define LU_TABLES	1024
#define LU_SLOT_ALIGN	SZ_64M

/* The value that boot writes into page::private, see kho_preserved_memory_reserve() */
#define LU_PAGE_MAGIC	0x4b484f50UL

struct pt_kunit_lu_area {
	pt_vaddr_t va;
	pt_oaddr_t oa;
	pt_vaddr_t len;
	int prot;
	bool in_pages;
};

struct pt_kunit_lu {
	/* For do_unmap() and the like; the second one after adoption */
	struct kunit_iommu_priv old;
	struct kunit_iommu_priv next;
	struct iommu_domain_ser ser;
	struct rnd_state rnd;
	struct pt_kunit_lu_area areas[LU_AREAS + 1];
	unsigned int nr_areas;
	/* One of the blocks that arrived */
	struct page *some_block;
	unsigned int some_order;
	unsigned int nr_blocks;
	u64 nr_tables;
	bool arrived;
};

/* A domain of a driver that supports live update */
static const struct iommu_liveupdate_ops pt_kunit_lu_driver_ops;
static const struct iommu_ops pt_kunit_lu_owner = { .liveupdate = &pt_kunit_lu_driver_ops };

static struct pt_kunit_lu *pt_kunit_lu_of(struct kunit *test)
{
	return container_of(test->priv, struct pt_kunit_lu, old);
}

static const struct pt_iommu_liveupdate_ops *pt_kunit_lu_ops_of(struct kunit_iommu_priv *priv)
{
	return priv->iommu->ops->liveupdate;
}

static int pt_kunit_lu_map(struct kunit_iommu_priv *priv, const struct pt_kunit_lu_area *area)
{
	return iommu_map(&priv->domain, area->va, area->oa, area->len, area->prot, GFP_KERNEL);
}

/* Every fourth area begins where the one before it ends, every fourth has a large page */
static void pt_kunit_lu_make_area(struct pt_kunit_lu *lu, unsigned int i, pt_vaddr_t slot)
{
	struct kunit_iommu_priv *priv = &lu->old;
	struct pt_kunit_lu_area *area = &lu->areas[i];

	area->va = slot + SZ_4M;
	area->len = (2 + prandom_u32_state(&lu->rnd) % 30) * priv->smallest_pgsz;
	area->prot = i % 4 == 1 ? IOMMU_READ | IOMMU_WRITE : IOMMU_READ;
	if (i % 4 == 3)
		area->va = area[-1].va + area[-1].len;
	else if (i % 4)
		area->va += (prandom_u32_state(&lu->rnd) % SZ_8M) & ~(priv->smallest_pgsz - 1);
	else
		area->len += SZ_2M;

	area->oa = (pt_oaddr_t)prandom_u32_state(&lu->rnd) << 32 | prandom_u32_state(&lu->rnd);
	area->oa = oalog2_mod(area->oa, priv->common->max_oasz_lg2 - 1);
	area->oa = (area->oa & ~(pt_oaddr_t)(SZ_2M - 1)) | (area->va & (SZ_2M - 1));
}

static void pt_kunit_lu_fill(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_range range = pt_top_range(lu->old.common);
	pt_vaddr_t size = min_t(pt_vaddr_t, range.last_va - range.va, 64 * SZ_4G);
	pt_vaddr_t slot = size / (LU_AREAS + 1) & ~(pt_vaddr_t)(LU_SLOT_ALIGN - 1);
	unsigned int i;

	KUNIT_ASSERT_GE(test, slot, LU_SLOT_ALIGN);
	for (i = 0; i < LU_AREAS; i++) {
		pt_kunit_lu_make_area(lu, i, range.va + slot * i);
		KUNIT_ASSERT_NO_ERRNO_FN(test, "map", pt_kunit_lu_map(&lu->old, &lu->areas[i]));
	}
	lu->nr_areas = LU_AREAS;
}

static u64 pt_kunit_lu_bytes(struct pt_kunit_lu *lu)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < lu->nr_areas; i++)
		bytes += lu->areas[i].len;
	return bytes;
}

/* A function for each page of a table, in the order in which they are restored */
struct pt_kunit_lu_pages {
	struct pt_kunit_lu *lu;
	void (*visit)(struct pt_kunit_lu *lu, struct pt_table_p *table);
};

static int __pt_kunit_lu_each_page(struct pt_range *range, void *arg, unsigned int level,
				   struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_kunit_lu_pages *pages = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type != PT_ENTRY_TABLE)
			continue;
		pages->visit(pages->lu, pts.table_lower);
		ret = pt_descend(&pts, arg, __pt_kunit_lu_each_page);
		if (ret)
			return ret;
	}
	return 0;
}

static void pt_kunit_lu_each_page(struct kunit *test, struct kunit_iommu_priv *priv,
				  void (*visit)(struct pt_kunit_lu *lu, struct pt_table_p *table))
{
	struct pt_kunit_lu_pages pages = { .lu = pt_kunit_lu_of(test), .visit = visit };
	struct pt_range range = pt_all_range(priv->common);

	visit(pages.lu, range.top_table);
	KUNIT_ASSERT_NO_ERRNO(test, pt_walk_range(&range, __pt_kunit_lu_each_page, &pages));
}

static void pt_kunit_lu_count_page(struct pt_kunit_lu *lu, struct pt_table_p *table)
{
	lu->nr_tables++;
}

static void pt_kunit_lu_give_pages(struct page *page, unsigned int order)
{
	page->private = LU_PAGE_MAGIC << 32 | order;
}

static void pt_kunit_lu_block_arrives(struct pt_kunit_lu *lu, struct page *page, unsigned int order)
{
	struct folio *folio = page_folio(page);
	long nr = BIT(order);

	mod_node_page_state(folio_pgdat(folio), NR_IOMMU_PAGES, -nr);
	lruvec_stat_mod_folio(folio, NR_SECONDARY_PAGETABLE, -nr);
	adjust_managed_page_count(page, -nr);
	pt_kunit_lu_give_pages(page, order);
	lu->some_block = page;
	lu->some_order = order;
	lu->nr_blocks++;
}

/* Afterwards only the pages that are alone have page::private set, and are handed over */
static void pt_kunit_lu_page_arrives(struct pt_kunit_lu *lu, struct pt_table_p *table)
{
	struct folio *folio = virt_to_folio(table);

	if (folio_get_private(folio))
		folio->private = NULL;
	else
		pt_kunit_lu_block_arrives(lu, folio_page(folio, 0), 0);
}

static void pt_kunit_lu_arrive(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct iommu_pages_block *block;
	struct hlist_node *next;

	pt_kunit_lu_each_page(test, &lu->old, pt_kunit_lu_page_arrives);
	hlist_for_each_entry_safe(block, next, &lu->old.iommu->liveupdate.blocks.all, item) {
		pt_kunit_lu_block_arrives(lu, block->page, block->order);
		kfree(block);
	}
	lu->arrived = true;
}

/* The record stays right: unpreserve only takes the pages out of KHO's books */
static void pt_kunit_lu_preserve(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);

	KUNIT_ASSERT_NO_ERRNO_FN(test, "preserve",
				 pt_kunit_lu_ops_of(&lu->old)->preserve(lu->old.iommu, &lu->ser));
	pt_kunit_lu_ops_of(&lu->old)->unpreserve(lu->old.iommu);
	pt_kunit_lu_arrive(test);
}

static void pt_kunit_lu_preserve_and_restore(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);

	pt_kunit_lu_preserve(test);
	KUNIT_ASSERT_NO_ERRNO_FN(test, "restore",
				 pt_kunit_lu_ops_of(&lu->next)->restore(lu->next.iommu, &lu->ser));
}

/* Afterwards @ser is the record as it was. */
static void pt_kunit_lu_restore_fails(struct kunit *test, struct iommu_domain_ser *ser, int error)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);

	KUNIT_EXPECT_EQ(test, pt_kunit_lu_ops_of(&lu->next)->restore(lu->next.iommu, ser), error);
	*ser = lu->ser;
}

/* A configuration of the format with other widths if there is one, and coherent */
static struct pt_iommu_table_cfg pt_kunit_lu_other_cfg(struct kunit *test)
{
	struct pt_iommu_table_cfg cfg = pt_kunit_lu_of(test)->old.cfg;
#ifdef kunit_fmt_cfgs
	unsigned int own = (uintptr_t)test->param_value - 1, i;

	for (i = 0; i < ARRAY_SIZE(kunit_fmt_cfgs); i++) {
		if (i == own || kunit_fmt_cfgs[i].common.features !=
				kunit_fmt_cfgs[own].common.features)
			continue;
		cfg = kunit_fmt_cfgs[i];
		cfg.common.features = pt_kunit_lu_of(test)->old.cfg.common.features;
		cfg.common.hw_max_vasz_lg2 = cfg.common.hw_max_vasz_lg2 ?: PT_MAX_VA_ADDRESS_LG2;
		cfg.common.hw_max_oasz_lg2 = pt_max_oa_lg2(NULL);
	}
#endif
	cfg.common.features &= ~BIT(PT_FEAT_DMA_INCOHERENT);
	return cfg;
}

/* The next kernel allocates the domain on another unit than the previous one did. */
static void pt_kunit_lu_use_other_unit(struct kunit *test)
{
	struct kunit_iommu_priv *next = &pt_kunit_lu_of(test)->next;

	pt_iommu_deinit(next->iommu);
	next->cfg = pt_kunit_lu_other_cfg(test);
	KUNIT_ASSERT_NO_ERRNO_FN(test, "init", pt_iommu_init(&next->fmt_table, &next->cfg,
							     GFP_KERNEL));
}

struct pt_kunit_lu_result {
	int map;
	int verify;
	u64 bad_iova;
	u64 bytes;
};

/* The last page is a run of its own if no leaf is larger */
static int pt_kunit_lu_compare_area(struct kunit_iommu_priv *priv,
				    const struct pt_kunit_lu_area *area)
{
	unsigned long pfns[] = { PHYS_PFN(area->oa), PHYS_PFN(area->oa + area->len - 1) };
	u32 npfns[] = { pfns[1] - pfns[0] + 1, 1 };
	struct iommu_liveupdate_runs runs = {
		.iova = area->va,
		.last = area->va + area->len - 1,
		.prot = area->prot,
		.offset = offset_in_page(area->oa),
		.pfns = pfns,
		.npfns = npfns,
	};

	npfns[0] -= area->in_pages;
	return pt_kunit_lu_ops_of(priv)->compare(priv->iommu, &runs);
}

/* A comparison with a list of areas that is left open: to be committed or aborted */
static int pt_kunit_lu_compare(struct pt_kunit_lu *lu, struct pt_kunit_lu_result *res)
{
	int ret = pt_kunit_lu_ops_of(&lu->next)->adopt_begin(lu->next.iommu);
	unsigned int i;

	if (ret)
		return ret;
	res->map = 0;
	for (i = 0; i < lu->nr_areas && !res->map; i++)
		res->map = pt_kunit_lu_compare_area(&lu->next, &lu->areas[i]);
	res->verify = pt_kunit_lu_ops_of(&lu->next)->adopt_verify(lu->next.iommu, &res->bad_iova,
								  &res->bytes);
	return 0;
}

static void pt_kunit_lu_expect_same(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_result res;

	KUNIT_ASSERT_NO_ERRNO_FN(test, "adopt_begin", pt_kunit_lu_compare(lu, &res));
	KUNIT_EXPECT_EQ(test, res.map, 0);
	KUNIT_EXPECT_EQ(test, res.verify, 0);
	KUNIT_EXPECT_EQ(test, res.bytes, pt_kunit_lu_bytes(lu));
}

static void pt_kunit_lu_expect_difference(struct kunit *test, u64 at, const char *name)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_result res;

	KUNIT_ASSERT_NO_ERRNO_FN(test, "adopt_begin", pt_kunit_lu_compare(lu, &res));
	KUNIT_EXPECT_TRUE_MSG(test, !res.map || res.map == -EBADE, "%s: %d", name, res.map);
	KUNIT_EXPECT_EQ_MSG(test, res.verify, -EBADE, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, res.bad_iova, at, "%s", name);
	pt_kunit_lu_ops_of(&lu->next)->adopt_abort(lu->next.iommu);
}

static void pt_kunit_lu_insert(struct pt_kunit_lu *lu, unsigned int i)
{
	memmove(&lu->areas[i + 1], &lu->areas[i], (lu->nr_areas++ - i) * sizeof(*lu->areas));
}

static void pt_kunit_lu_remove(struct pt_kunit_lu *lu, unsigned int i)
{
	memmove(&lu->areas[i], &lu->areas[i + 1], (--lu->nr_areas - i) * sizeof(*lu->areas));
}

/* The first entry that leads to a table of the lowest level, in the place of the second */
static int __pt_kunit_lu_share_table(struct pt_range *range, void *arg, unsigned int level,
				     struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	u64 *item = (u64 *)table, *was = arg;
	unsigned int first = UINT_MAX;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type != PT_ENTRY_TABLE)
			continue;
		if (level > 1) {
			ret = pt_descend(&pts, arg, __pt_kunit_lu_share_table);
			if (ret)
				return ret;
		} else if (first == UINT_MAX) {
			first = pts.index;
		} else {
			swap(*was, item[pts.index]);
			if (!item[pts.index])
				item[pts.index] = item[first];
			return 1;
		}
	}
	return 0;
}

#endif /* __GENERIC_PT_KUNIT_LIVEUPDATE_H */
