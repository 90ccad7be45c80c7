/* SPDX-License-Identifier: GPL-2.0-only */
/**
 * DOC: Walks over a table that is carried
 *
 * Preserve, restore and compare an I/O page table over a live update, for every
 * page-table format. See DOC in linux/generic_pt/liveupdate.h for the model.
 *
 * Preserving walks no table: the pages are in blocks, but for those that were
 * made before iommufd had the domain. These are on the way to the lowest IOVA,
 * the first top and what it leads to if the table has grown at the top since.
 *
 * Nothing changes these between preserve and unpreserve, so a walk that failed is
 * undone by counting: its n-th table is the n-th table of any other walk.
 *
 * Before anything is taken back all tables are visited, top first, each table
 * before its children; all but those of the lowest level are read, for these
 * lead to no other. What is read is not trusted: before it is followed a
 * pointer to a table must point into memory that KHO has preserved and that
 * nobody has taken back, to a page that this walk has not met yet. That
 * excludes loops and shared tables. Such a page may still be somebody else's,
 * who writes to it, so each entry is read once and nothing is concluded from
 * an earlier walk. In the end it must have been just the blocks that the
 * record says; then all of them are taken back.
 */
#ifndef __GENERIC_PT_PT_LIVEUPDATE_H
#define __GENERIC_PT_PT_LIVEUPDATE_H

#include <linux/generic_pt/liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/iommu.h>
#include <linux/maple_tree.h>
#include <linux/slab.h>
#include <linux/util_macros.h>
#include "../liveupdate/blocks.h"

static const struct pt_iommu_ops NS(ops);

struct pt_lu_walk {
	int (*visit)(struct pt_lu_walk *walk, struct pt_table_p *table);
	struct pt_iommu *iommu_table;
	/* The blocks in which tables were met, by page frame number */
	struct maple_tree *met;
	/* Where to stop */
	u64 limit;
	u64 nr_tables;
	/* Of the tables that were preserved: those that are in no block, each like one */
	u64 nr_alone;
	u64 blocks_sum;
};

static int lu_visit(struct pt_lu_walk *walk, struct pt_table_p *table)
{
	int ret;

	if (walk->nr_tables >= walk->limit)
		return -ECANCELED;
	ret = walk->visit(walk, table);
	if (ret)
		return ret;
	walk->nr_tables++;
	return 0;
}

/* On to the next entry that leads to a table. What else there is needs no address. */
static bool lu_next_table(struct pt_state *pts)
{
	for (; pts->index < pts->end_index; pts->index++) {
		pt_load_entry(pts);
		if (pts->type == PT_ENTRY_TABLE) {
			pt_index_to_va(pts);
			return true;
		}
	}
	return false;
}

static int __lu_walk(struct pt_range *range, void *arg, unsigned int level,
		     struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_walk *walk = arg;
	int ret;

	for (_pt_iter_first(&pts); lu_next_table(&pts); pts.index++) {
		ret = lu_visit(walk, pts.table_lower);
		if (ret)
			return ret;
		ret = level > 1 ? pt_descend(&pts, arg, __lu_walk) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

static int lu_walk(struct pt_lu_walk *walk, struct pt_range *range)
{
	int ret;

	ret = lu_visit(walk, range->top_table);
	if (ret)
		return ret;
	return range->top_level ? pt_walk_range(range, __lu_walk, walk) : 0;
}

/* Tables in no block: those on the way to the lowest IOVA, or all without blocks */
static int lu_walk_alone(struct pt_lu_walk *walk)
{
	struct pt_common *common = common_from_iommu(walk->iommu_table);
	struct pt_range range = pt_top_range(common);

	if (IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE_BLOCKS))
		range = pt_make_range(common, range.va, range.va);
	return lu_walk(walk, &range);
}

static int lu_preserve_table(struct pt_lu_walk *walk, struct pt_table_p *table)
{
	struct folio *folio = virt_to_folio(table);

	if (folio_get_private(folio))
		return 0;
	if (folio_order(folio))
		return -EOPNOTSUPP;
	walk->nr_alone++;
	walk->blocks_sum += iommu_blocks_crc(virt_to_phys(table), 0);
	return kho_preserve_folio(folio);
}

static int lu_unpreserve_table(struct pt_lu_walk *walk, struct pt_table_p *table)
{
	struct folio *folio = virt_to_folio(table);

	if (!folio_get_private(folio))
		kho_unpreserve_folio(folio);
	return 0;
}

static int lu_meet_table(struct pt_lu_walk *walk, struct pt_table_p *table)
{
	return iommu_blocks_visit(&walk->iommu_table->liveupdate.blocks, walk->met, table);
}

static void lu_unpreserve_alone(struct pt_iommu *iommu_table, u64 nr_tables)
{
	struct pt_lu_walk walk = {
		.visit = lu_unpreserve_table,
		.iommu_table = iommu_table,
		.limit = nr_tables,
	};

	lu_walk_alone(&walk);
}

static void NS(lu_unpreserve)(struct pt_iommu *iommu_table)
{
	lu_unpreserve_alone(iommu_table, U64_MAX);
	iommu_blocks_unpreserve(&iommu_table->liveupdate.blocks);
}

static int NS(lu_preserve)(struct pt_iommu *iommu_table,
			   struct iommu_domain_ser *ser)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_range range = pt_top_range(common);
	struct pt_lu_walk walk = {
		.visit = lu_preserve_table,
		.iommu_table = iommu_table,
		.limit = U64_MAX,
	};
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	int ret;

	ret = lu_walk_alone(&walk);
	if (!ret)
		ret = iommu_blocks_preserve(blocks);
	if (ret) {
		lu_unpreserve_alone(iommu_table, walk.nr_tables);
		return ret;
	}

	strscpy_pad(ser->format, __stringify(PTPFX_RAW));
	ser->top_level = range.top_level;
	ser->vasz_lg2 = common->max_vasz_lg2;
	ser->top = virt_to_phys(range.top_table);
	ser->nr_tables = walk.nr_alone + blocks->nr_used;
	ser->table_bytes = ser->nr_tables * PAGE_SIZE;
	ser->blocks_sum = walk.blocks_sum + iommu_blocks_sum(blocks);
	return 0;
}

static unsigned int NS(lu_levels)(struct pt_iommu *iommu_table)
{
	return pt_top_range(common_from_iommu(iommu_table)).top_level + 1;
}

#include "pt_liveupdate_compare.h"

/* All, or the domain has no blocks */
static int lu_meet_tables(struct pt_iommu *iommu_table)
{
	struct pt_range range = pt_all_range(common_from_iommu(iommu_table));
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	struct maple_tree met;
	struct pt_lu_walk walk = {
		.visit = lu_meet_table,
		.iommu_table = iommu_table,
		.met = &met,
		.limit = lu->nr_tables,
	};
	int ret;

	mt_init(&met);
	ret = lu_walk(&walk, &range);
	if (ret == -ECANCELED ||
	    (!ret && (walk.nr_tables != lu->nr_tables ||
		      iommu_blocks_sum(blocks) != lu->blocks_sum)))
		ret = -EIO;
	if (ret)
		iommu_blocks_drop(blocks);
	mtree_destroy(&met);
	return ret;
}

static int lu_restore_tables(struct pt_iommu *iommu_table)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	int ret;

	if (lu->restored)
		return 0;
	ret = hlist_empty(&blocks->all) ? lu_meet_tables(iommu_table) : 0;
	if (!ret)
		ret = iommu_blocks_restore(blocks,
					   pt_feature(common, PT_FEAT_DMA_INCOHERENT) ?
					   iommu_table->iommu_device : NULL);
	lu->restored = !ret;
	return ret;
}

static int NS(lu_adopt_begin)(struct pt_iommu *iommu_table)
{
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	int ret;

	if (!lu)
		return -EALREADY;
	ret = lu_restore_tables(iommu_table);
	if (ret)
		return ret;

	lu->cursor = iommu_table->domain.geometry.aperture_start;
	lu->table = NULL;
	lu->verified = 0;
	lu->bad = false;
	lu->comparing = true;
	return 0;
}

static int NS(lu_adopt_verify)(struct pt_iommu *iommu_table, u64 *bad_iova,
			       u64 *bytes)
{
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	u64 last = iommu_table->domain.geometry.aperture_end;

	if (!lu->bad && lu->cursor <= last)
		lu_compare_gap(iommu_table, last);
	*bad_iova = lu->bad ? lu->bad_iova : 0;
	*bytes = lu->verified;
	return lu->bad ? -EBADE : 0;
}

static void NS(lu_adopt_commit)(struct pt_iommu *iommu_table)
{
	kfree(iommu_table->liveupdate.incoming);
	iommu_table->liveupdate.incoming = NULL;
	iommu_table->ops = &NS(ops);
}

static void NS(lu_adopt_abort)(struct pt_iommu *iommu_table)
{
	iommu_table->liveupdate.incoming->comparing = false;
}

/* A domain is freed that was never adopted. If not all of it is restored nothing is given back. */
static void NS(lu_deinit)(struct pt_iommu *iommu_table)
{
	bool restored = !lu_restore_tables(iommu_table);

	NS(lu_adopt_commit)(iommu_table);
	if (restored)
		iommu_table->ops->deinit(iommu_table);
	else
		iommu_blocks_drop(&iommu_table->liveupdate.blocks);
}

static void NS(get_info)(struct pt_iommu *iommu_table,
			 struct pt_iommu_info *info);

static const struct pt_iommu_ops NS(lu_held_ops);

static int NS(lu_restore)(struct pt_iommu *iommu_table,
			  const struct iommu_domain_ser *ser)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_range range = pt_top_range(common);
	struct pt_iommu_incoming *lu;

	if (strncmp(ser->format, __stringify(PTPFX_RAW), sizeof(ser->format)) ||
	    ser->vasz_lg2 != common->max_vasz_lg2 ||
	    ser->top_level > PT_MAX_TOP_LEVEL ||
	    (!pt_feature(common, PT_FEAT_DYNAMIC_TOP) &&
	     ser->top_level != range.top_level))
		return -EPROTO;
	if (!ser->nr_tables || !PAGE_ALIGNED(ser->top) || !iommu_blocks_in_kho(ser->top))
		return -EFAULT;

	lu = kzalloc_obj(*lu);
	if (!lu)
		return -ENOMEM;
	lu->nr_tables = ser->nr_tables;
	lu->blocks_sum = ser->blocks_sum;
	iommu_table->liveupdate.incoming = lu;

	iommu_pages_free_incoherent(range.top_table,
				    iommu_table->iommu_device);
	pt_top_set(common, phys_to_virt(ser->top), ser->top_level);
	iommu_table->ops = &NS(lu_held_ops);
	return 0;
}

static const struct pt_iommu_liveupdate_ops NS(lu_ops) = {
	.format = __stringify(PTPFX_RAW),
	.preserve = NS(lu_preserve),
	.unpreserve = NS(lu_unpreserve),
	.each_leaf = NS(lu_each_leaf),
	.restore = NS(lu_restore),
	.adopt_begin = NS(lu_adopt_begin),
	.adopt_verify = NS(lu_adopt_verify),
	.adopt_commit = NS(lu_adopt_commit),
	.adopt_abort = NS(lu_adopt_abort),
	.levels = NS(lu_levels),
};

static const struct pt_iommu_ops NS(lu_held_ops) = {
	.map_range = NS(lu_map_range),
	.unmap_range = NS(lu_unmap_range),
	.get_info = NS(get_info),
	.deinit = NS(lu_deinit),
	.liveupdate = &NS(lu_ops),
};

/* NULL, and all of the above left out by the compiler, if not configured */
#define PT_LIVEUPDATE_OPS PTR_IF(IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE), &NS(lu_ops))

#endif /* __GENERIC_PT_PT_LIVEUPDATE_H */
