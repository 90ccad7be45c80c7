/* SPDX-License-Identifier: GPL-2.0-only */
/**
 * DOC: Comparing a restored page table
 *
 * Compare the mappings that a caller expects with those of a restored I/O page
 * table, for every page-table format. Included by pt_liveupdate.h.
 *
 * Maps come in ascending order. Each map is compared with the leaves that it covers:
 * these must lie within it and have the same addresses and permissions. The range
 * between two maps, and after the last map, must contain no leaf. The cursor is the
 * lowest IOVA at which the next map may begin. Most maps end in the table in which
 * the map before them ended, so a comparison begins there if possible: IOAS and
 * table are walked in step, without a walk from the top for each map.
 */
#ifndef __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H
#define __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H

struct pt_lu_compare {
	struct pt_iommu_incoming *lu;
	struct pt_write_attrs attrs;
	pt_vaddr_t va;
	pt_vaddr_t last_va;
	pt_oaddr_t oa;
};

static int pt_lu_differs(struct pt_iommu_incoming *lu, pt_vaddr_t va)
{
	if (!lu->bad || va < lu->bad_iova)
		lu->bad_iova = va;
	lu->bad = true;
	return -EBADE;
}

static __always_inline int pt_lu_compare_leaf(struct pt_state *pts, struct pt_lu_compare *cmp)
{
	unsigned int lg2sz = pt_entry_oa_lg2sz(pts);
	pt_vaddr_t va = log2_set_mod(pts->range->va, 0, lg2sz);
	pt_vaddr_t last_va = log2_set_mod_max(va, lg2sz);
	struct pt_write_attrs attrs = {};

	if (va < cmp->va)
		return pt_lu_differs(cmp->lu, va);

	pt_attr_from_entry(pts, &attrs);
	if (pt_entry_oa(pts) != cmp->oa + (va - cmp->va) ||
	    attrs.descriptor_bits != cmp->attrs.descriptor_bits)
		return pt_lu_differs(cmp->lu, va);
	if (last_va > cmp->last_va)
		return pt_lu_differs(cmp->lu, cmp->last_va + 1);
	cmp->lu->verified += log2_to_int(lg2sz);
	return 0;
}

/* Remember where the next map may begin. The top table is the default. */
static void pt_lu_remember(struct pt_iommu_incoming *lu, const struct pt_state *pts)
{
	unsigned int lg2sz = pt_num_items_lg2(pts) + pt_table_item_lg2sz(pts);

	if (pts->level == pts->range->top_level)
		return;
	lu->table = pts->table;
	lu->level = pts->level;
	lu->table_va = log2_set_mod(pts->range->va, 0, lg2sz);
	lu->table_last_va = log2_set_mod_max(pts->range->va, lg2sz);
}

/* All of the range must be mapped as @cmp says. */
static int __pt_lu_compare_map(struct pt_range *range, void *arg, unsigned int level,
			       struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_compare *cmp = arg;
	int ret;

	if (table != cmp->lu->table)
		pt_lu_remember(cmp->lu, &pts);
	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_TABLE)
			ret = pt_descend(&pts, arg, __pt_lu_compare_map);
		else if (pts.type == PT_ENTRY_OA)
			ret = pt_lu_compare_leaf(&pts, cmp);
		else
			ret = pt_lu_differs(cmp->lu, max(range->va, cmp->va));
		if (ret)
			return ret;
	}
	return 0;
}

/* No part of the range may be mapped. */
static int __pt_lu_compare_gap(struct pt_range *range, void *arg,
			       unsigned int level, struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_compare *cmp = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_OA)
			return pt_lu_differs(cmp->lu, range->va);
		if (pts.type != PT_ENTRY_TABLE)
			continue;
		ret = pt_descend(&pts, arg, __pt_lu_compare_gap);
		if (ret)
			return ret;
	}
	return 0;
}

/* Compare in the table of the previous map. Most maps are one leaf of it. */
static __always_inline int pt_lu_compare_in_table(struct pt_common *common,
						  struct pt_lu_compare *cmp)
{
	struct pt_range range = pt_make_range(common, cmp->va, cmp->last_va);
	struct pt_state pts = pt_init(&range, cmp->lu->level, cmp->lu->table);

	pt_load_single_entry(&pts);
	if (pts.type == PT_ENTRY_OA &&
	    range.last_va - range.va == log2_to_max_int(pt_entry_oa_lg2sz(&pts)))
		return pt_lu_compare_leaf(&pts, cmp);
	return __pt_lu_compare_map(&range, cmp, cmp->lu->level, cmp->lu->table);
}

static int pt_lu_compare_from_top(struct pt_common *common, struct pt_lu_compare *cmp)
{
	struct pt_range range;

	if (make_range(common, &range, cmp->va, cmp->last_va - cmp->va + 1))
		return pt_lu_differs(cmp->lu, cmp->va);
	return pt_walk_range(&range, __pt_lu_compare_map, cmp);
}

static __always_inline int pt_lu_compare_map(struct pt_common *common,
					     struct pt_lu_compare *cmp)
{
	const struct pt_iommu_incoming *lu = cmp->lu;

	if (lu->table && cmp->va >= lu->table_va && cmp->last_va <= lu->table_last_va)
		return pt_lu_compare_in_table(common, cmp);
	return pt_lu_compare_from_top(common, cmp);
}

static int pt_lu_compare_gap(struct pt_iommu *iommu_table, u64 last)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_lu_compare cmp = { .lu = iommu_table->liveupdate.incoming };
	struct pt_range range = pt_top_range(common);
	int ret;

	/* A top that can grow may cover less than the aperture; no leaf is beyond it. */
	last = min_t(u64, last, range.last_va);
	if (cmp.lu->cursor > last)
		return 0;
	range = pt_make_range(common, cmp.lu->cursor, last);
	ret = pt_check_range(&range);
	if (ret)
		return pt_lu_differs(cmp.lu, cmp.lu->cursor);
	return pt_walk_range(&range, __pt_lu_compare_gap, &cmp);
}

static int NS(lu_map_range)(struct pt_iommu *iommu_table, dma_addr_t iova,
			    phys_addr_t paddr, dma_addr_t len, unsigned int prot,
			    gfp_t gfp, size_t *mapped)
{
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_lu_compare cmp = {
		.lu = lu,
		.va = iova,
		.last_va = iova + (len - 1),
		.oa = paddr,
	};
	int ret;

	if (!lu->comparing)
		return -EBUSY;

	ret = pt_iommu_set_prot(common, &cmp.attrs, prot);
	if (ret)
		return ret;
	if (!len || cmp.last_va < iova || iova < lu->cursor)
		return pt_lu_differs(lu, iova);

	if (iova > lu->cursor) {
		ret = pt_lu_compare_gap(iommu_table, iova - 1);
		if (ret)
			return ret;
	}
	ret = pt_lu_compare_map(common, &cmp);
	if (ret)
		return ret;
	lu->cursor = iova + len;
	*mapped += len;
	return 0;
}

struct pt_lu_leaves {
	int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len);
	void *arg;
};

static int __pt_lu_each_leaf(struct pt_range *range, void *arg, unsigned int level,
			     struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_leaves *leaves = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_TABLE)
			ret = pt_descend(&pts, arg, __pt_lu_each_leaf);
		else if (pts.type == PT_ENTRY_OA)
			ret = leaves->leaf(leaves->arg, range->va, pt_entry_oa(&pts),
					   log2_to_int(pt_entry_oa_lg2sz(&pts)));
		else
			ret = -EFAULT;
		if (ret)
			return ret;
	}
	return 0;
}

static int NS(lu_each_leaf)(struct pt_iommu *iommu_table, u64 iova, u64 len,
			    int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			    void *arg)
{
	struct pt_lu_leaves leaves = { .leaf = leaf, .arg = arg };
	struct pt_range range;
	int ret;

	ret = make_range(common_from_iommu(iommu_table), &range, iova, len);
	return ret ?: pt_walk_range(&range, __pt_lu_each_leaf, &leaves);
}

/* Undoing a comparison unmaps nothing. The caller flushes a range, which is harmless. */
static size_t NS(lu_unmap_range)(struct pt_iommu *iommu_table, dma_addr_t iova,
				 dma_addr_t len,
				 struct iommu_iotlb_gather *iotlb_gather)
{
	if (len)
		iommu_iotlb_gather_add_range(iotlb_gather, iova, len);
	return len;
}

static int NS(lu_adopt_verify)(struct pt_iommu *iommu_table, u64 *bad_iova,
			       u64 *bytes)
{
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	u64 last = iommu_table->domain.geometry.aperture_end;

	if (!lu->bad && lu->cursor <= last)
		pt_lu_compare_gap(iommu_table, last);
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

#endif /* __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H */
