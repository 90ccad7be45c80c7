/* SPDX-License-Identifier: GPL-2.0-only */
/**
 * DOC: Preserving and restoring a page table
 *
 * Preserve and restore an I/O page table across a live update, for every page-table
 * format. See DOC in linux/generic_pt/liveupdate.h for the model.
 *
 * With IOMMU_LIVEUPDATE_BLOCKS the table pages are in blocks, and preserving walks only
 * those that were allocated before iommufd had the domain. These are on the path to the
 * lowest IOVA: the first top table, and the tables above it if the table has grown at its
 * top. Without that option all tables are walked.
 *
 * They do not change between preserve and unpreserve, so a failed walk is undone by
 * counting: its n-th table is the n-th table of any other walk.
 *
 * Before any table page is restored, all tables are visited, top first, each table
 * before its children. Tables of the lowest level are not read, they lead to no other
 * table. The content is not trusted: a pointer is followed only if it points into
 * memory that KHO has preserved and not yet returned, to a page that this walk has
 * not visited. This excludes loops and shared tables. Such a page may still belong to
 * another object and be written to, so each entry is read once, and no result of an
 * earlier walk is used. The blocks that were found must be those of the record; then
 * all of them are restored.
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
	/* The blocks that contain visited tables, by page frame number */
	struct maple_tree *visited;
	/* Number of tables after which the walk ends */
	u64 limit;
	u64 nr_tables;
	/* Preserved tables outside of blocks; each counts as a block of one page */
	u64 nr_alone;
	u64 blocks_sum;
};

static int pt_lu_visit(struct pt_lu_walk *walk, struct pt_table_p *table)
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

/* Advance to the next entry that points to a table. Other entries need no address. */
static bool pt_lu_next_table(struct pt_state *pts)
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

static int __pt_lu_walk_tables(struct pt_range *range, void *arg, unsigned int level,
			       struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_walk *walk = arg;
	int ret;

	for (_pt_iter_first(&pts); pt_lu_next_table(&pts); pts.index++) {
		ret = pt_lu_visit(walk, pts.table_lower);
		if (ret)
			return ret;
		ret = level > 1 ? pt_descend(&pts, arg, __pt_lu_walk_tables) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

static int pt_lu_walk_tables(struct pt_lu_walk *walk, struct pt_range *range)
{
	int ret;

	ret = pt_lu_visit(walk, range->top_table);
	if (ret)
		return ret;
	return range->top_level ? pt_walk_range(range, __pt_lu_walk_tables, walk) : 0;
}

/* Walk the tables that are in no block: the path to the lowest IOVA, or all tables. */
static int pt_lu_walk_alone(struct pt_lu_walk *walk)
{
	struct pt_common *common = common_from_iommu(walk->iommu_table);
	struct pt_range range = pt_top_range(common);

	if (IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE_BLOCKS))
		range = pt_make_range(common, range.va, range.va);
	return pt_lu_walk_tables(walk, &range);
}

static int pt_lu_preserve_table(struct pt_lu_walk *walk, struct pt_table_p *table)
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

static int pt_lu_unpreserve_table(struct pt_lu_walk *walk, struct pt_table_p *table)
{
	struct folio *folio = virt_to_folio(table);

	if (!folio_get_private(folio))
		kho_unpreserve_folio(folio);
	return 0;
}

static int pt_lu_visit_table(struct pt_lu_walk *walk, struct pt_table_p *table)
{
	return iommu_blocks_visit(&walk->iommu_table->liveupdate.blocks, walk->visited, table);
}

static void pt_lu_unpreserve_alone(struct pt_iommu *iommu_table, u64 nr_tables)
{
	struct pt_lu_walk walk = {
		.visit = pt_lu_unpreserve_table,
		.iommu_table = iommu_table,
		.limit = nr_tables,
	};

	pt_lu_walk_alone(&walk);
}

static void NS(lu_unpreserve)(struct pt_iommu *iommu_table)
{
	pt_lu_unpreserve_alone(iommu_table, U64_MAX);
	iommu_blocks_unpreserve(&iommu_table->liveupdate.blocks);
}

#include "pt_liveupdate_shape.h"

static int NS(lu_preserve)(struct pt_iommu *iommu_table,
			   struct iommu_domain_ser *ser)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_range range = pt_top_range(common);
	struct pt_lu_walk walk = {
		.visit = pt_lu_preserve_table,
		.iommu_table = iommu_table,
		.limit = U64_MAX,
	};
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	int ret;

	ret = pt_lu_walk_alone(&walk);
	if (!ret)
		ret = iommu_blocks_preserve(blocks);
	if (ret) {
		pt_lu_unpreserve_alone(iommu_table, walk.nr_tables);
		return ret;
	}

	strscpy_pad(ser->format, __stringify(PTPFX_RAW));
	ser->flags = pt_lu_features_to_ser(iommu_table);
	ser->top_level = range.top_level;
	ser->vasz_lg2 = common->max_vasz_lg2;
	ser->oasz_lg2 = common->max_oasz_lg2;
	ser->pgsize_bitmap = iommu_table->domain.pgsize_bitmap;
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

/* Find the blocks of all tables, or none. */
static int pt_lu_find_tables(struct pt_iommu *iommu_table)
{
	struct pt_range range = pt_all_range(common_from_iommu(iommu_table));
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	struct maple_tree visited;
	struct pt_lu_walk walk = {
		.visit = pt_lu_visit_table,
		.iommu_table = iommu_table,
		.visited = &visited,
		.limit = lu->nr_tables,
	};
	int ret;

	mt_init(&visited);
	ret = pt_lu_walk_tables(&walk, &range);
	if (ret == -ECANCELED ||
	    (!ret && (walk.nr_tables != lu->nr_tables ||
		      iommu_blocks_sum(blocks) != lu->blocks_sum)))
		ret = -EIO;
	if (ret)
		iommu_blocks_drop(blocks);
	mtree_destroy(&visited);
	return ret;
}

static int pt_lu_restore_tables(struct pt_iommu *iommu_table)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	int ret;

	if (lu->restored)
		return 0;
	ret = hlist_empty(&blocks->all) ? pt_lu_find_tables(iommu_table) : 0;
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
	ret = pt_lu_restore_tables(iommu_table);
	if (ret)
		return ret;

	lu->cursor = iommu_table->domain.geometry.aperture_start;
	lu->verified = 0;
	lu->bad = false;
	lu->comparing = true;
	return 0;
}

/* Free a domain that was never adopted. If a part cannot be restored nothing is freed. */
static void NS(lu_deinit)(struct pt_iommu *iommu_table)
{
	bool restored = !pt_lu_restore_tables(iommu_table);

	NS(lu_adopt_commit)(iommu_table);
	if (restored)
		iommu_table->ops->deinit(iommu_table);
	else
		iommu_blocks_drop(&iommu_table->liveupdate.blocks);
}

static void NS(get_info)(struct pt_iommu *iommu_table,
			 struct pt_iommu_info *info);

static const struct pt_iommu_ops NS(lu_restored_ops);

static int NS(lu_restore)(struct pt_iommu *iommu_table,
			  const struct iommu_domain_ser *ser)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_range range = pt_top_range(common);
	struct pt_common was = *common;
	struct pt_iommu_incoming *lu;
	int ret;

	if (strncmp(ser->format, __stringify(PTPFX_RAW), sizeof(ser->format)) ||
	    ser->top_level > PT_MAX_TOP_LEVEL)
		return -EPROTO;
	if (!ser->nr_tables || !PAGE_ALIGNED(ser->top) || !iommu_blocks_in_kho(ser->top))
		return -EFAULT;

	lu = kzalloc_obj(*lu);
	if (!lu)
		return -ENOMEM;
	pt_top_set(common, phys_to_virt(ser->top), ser->top_level);
	ret = pt_lu_set_shape(iommu_table, ser);
	if (ret) {
		*common = was;
		kfree(lu);
		return ret;
	}
	lu->nr_tables = ser->nr_tables;
	lu->blocks_sum = ser->blocks_sum;
	iommu_table->liveupdate.incoming = lu;

	iommu_pages_free_incoherent(range.top_table,
				    iommu_table->iommu_device);
	iommu_table->ops = &NS(lu_restored_ops);
	return 0;
}

static const struct pt_iommu_liveupdate_ops NS(lu_ops) = {
	.format = __stringify(PTPFX_RAW),
	.preserve = NS(lu_preserve),
	.unpreserve = NS(lu_unpreserve),
	.each_leaf = NS(lu_each_leaf),
	.clear = NS(lu_clear),
	.restore = NS(lu_restore),
	.adopt_begin = NS(lu_adopt_begin),
	.compare = NS(lu_compare),
	.adopt_verify = NS(lu_adopt_verify),
	.adopt_commit = NS(lu_adopt_commit),
	.adopt_abort = NS(lu_adopt_abort),
	.levels = NS(lu_levels),
};

static const struct pt_iommu_ops NS(lu_restored_ops) = {
	.map_range = NS(lu_map_range),
	.unmap_range = NS(lu_unmap_range),
	.get_info = NS(get_info),
	.deinit = NS(lu_deinit),
	.liveupdate = &NS(lu_ops),
};

/* NULL if not configured; then the compiler drops all of the above. */
#define PT_LIVEUPDATE_OPS PTR_IF(IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE), &NS(lu_ops))

#endif /* __GENERIC_PT_PT_LIVEUPDATE_H */
