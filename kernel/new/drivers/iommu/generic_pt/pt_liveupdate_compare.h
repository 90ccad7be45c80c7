/* SPDX-License-Identifier: GPL-2.0-only */
/**
 * DOC: Comparing a restored page table
 *
 * Compare the memory that a caller expects to be mapped with a restored I/O page
 * table, for every page-table format. Included by pt_liveupdate.h.
 *
 * Memory comes in runs, in ascending order of IOVA. The table is walked once for all
 * runs of a call, in step with them: each leaf must begin where the leaf before it ended,
 * lie within one run, and have its addresses and permissions. The range between two
 * calls, and after the last one, must contain no leaf. The cursor is the lowest IOVA at
 * which the next call may begin.
 */
#ifndef __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H
#define __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H

#include <linux/iommu-liveupdate.h>

struct pt_lu_compare {
	struct pt_iommu_incoming *lu;
	const struct iommu_liveupdate_runs *runs;
	struct pt_write_attrs attrs;
	/* The next leaf begins here, and lies within a run that ends at last_va */
	pt_vaddr_t va;
	pt_vaddr_t last_va;
	pt_oaddr_t oa;
	/* Number of the run after that */
	unsigned int next;
};

static int pt_lu_differs(struct pt_iommu_incoming *lu, pt_vaddr_t va)
{
	if (!lu->bad || va < lu->bad_iova)
		lu->bad_iova = va;
	lu->bad = true;
	return -EBADE;
}

static __always_inline void pt_lu_next_run(struct pt_lu_compare *cmp)
{
	const struct iommu_liveupdate_runs *runs = cmp->runs;
	unsigned int offset = cmp->next ? 0 : runs->offset;

	cmp->oa = PFN_PHYS(runs->pfns[cmp->next]) + offset;
	cmp->last_va = cmp->va + (runs->npfns[cmp->next] * PAGE_SIZE - offset - 1);
	cmp->last_va = min_t(pt_vaddr_t, cmp->last_va, runs->last);
	cmp->next++;
}

static __always_inline int pt_lu_compare_leaf(struct pt_state *pts, struct pt_lu_compare *cmp)
{
	unsigned int lg2sz = pt_entry_oa_lg2sz(pts);
	pt_vaddr_t va = log2_set_mod(pts->range->va, 0, lg2sz);
	pt_vaddr_t last_va = log2_set_mod_max(va, lg2sz);
	struct pt_write_attrs attrs = {};

	pt_attr_from_entry(pts, &attrs);
	if (va != cmp->va || pt_entry_oa(pts) != cmp->oa ||
	    attrs.descriptor_bits != cmp->attrs.descriptor_bits)
		return pt_lu_differs(cmp->lu, va);
	if (last_va > cmp->last_va)
		return pt_lu_differs(cmp->lu, cmp->last_va + 1);
	cmp->va = last_va + 1;
	cmp->oa += log2_to_int(lg2sz);
	if (last_va == cmp->last_va && last_va != cmp->runs->last)
		pt_lu_next_run(cmp);
	return 0;
}

/* All of the range must be mapped as @cmp says. */
static int __pt_lu_compare_runs(struct pt_range *range, void *arg, unsigned int level,
				struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_compare *cmp = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (likely(pts.type == PT_ENTRY_OA))
			ret = pt_lu_compare_leaf(&pts, cmp);
		else if (pts.type == PT_ENTRY_TABLE)
			ret = pt_descend(&pts, arg, __pt_lu_compare_runs);
		else
			ret = pt_lu_differs(cmp->lu, cmp->va);
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
	struct pt_iommu_incoming *lu = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_OA)
			return pt_lu_differs(lu, range->va);
		if (pts.type != PT_ENTRY_TABLE)
			continue;
		ret = pt_descend(&pts, arg, __pt_lu_compare_gap);
		if (ret)
			return ret;
	}
	return 0;
}

static int pt_lu_compare_gap(struct pt_iommu *iommu_table, u64 last)
{
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_range range = pt_top_range(common);
	int ret;

	/* A top that can grow may cover less than the aperture; no leaf is beyond it. */
	last = min_t(u64, last, range.last_va);
	if (lu->cursor > last)
		return 0;
	range = pt_make_range(common, lu->cursor, last);
	ret = pt_check_range(&range);
	if (ret)
		return pt_lu_differs(lu, lu->cursor);
	return pt_walk_range(&range, __pt_lu_compare_gap, lu);
}

static int pt_lu_compare_runs(struct pt_common *common, struct pt_lu_compare *cmp)
{
	const struct iommu_liveupdate_runs *runs = cmp->runs;
	struct pt_range range;
	int ret;

	if (make_range(common, &range, runs->iova, runs->last - runs->iova + 1))
		return pt_lu_differs(cmp->lu, runs->iova);
	pt_lu_next_run(cmp);
	ret = pt_walk_range(&range, __pt_lu_compare_runs, cmp);
	cmp->lu->verified += cmp->va - runs->iova;
	return ret;
}

static int NS(lu_compare)(struct pt_iommu *iommu_table,
			  const struct iommu_liveupdate_runs *runs)
{
	struct pt_iommu_incoming *lu = iommu_table->liveupdate.incoming;
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_lu_compare cmp = { .lu = lu, .runs = runs, .va = runs->iova };
	int ret;

	if (!lu->comparing)
		return -EBUSY;
	ret = pt_iommu_set_prot(common, &cmp.attrs, runs->prot);
	if (ret)
		return ret;
	if (runs->iova < lu->cursor)
		return pt_lu_differs(lu, runs->iova);
	if (runs->iova > lu->cursor) {
		ret = pt_lu_compare_gap(iommu_table, runs->iova - 1);
		if (ret)
			return ret;
	}
	ret = pt_lu_compare_runs(common, &cmp);
	if (!ret)
		lu->cursor = runs->last + 1;
	return ret;
}

static int NS(lu_map_range)(struct pt_iommu *iommu_table, dma_addr_t iova,
			    phys_addr_t paddr, dma_addr_t len, unsigned int prot,
			    gfp_t gfp, size_t *mapped)
{
	return -EBUSY;
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

static int __pt_lu_clear(struct pt_range *range, void *arg, unsigned int level,
			 struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	unsigned int lg2;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_OA) {
			lg2 = pt_entry_num_contig_lg2(&pts);
			pt_clear_entries(&pts, lg2);
			flush_writes_range(&pts, pts.index, pts.index + log2_to_int(lg2));
			continue;
		}
		ret = pts.type == PT_ENTRY_TABLE ? pt_descend(&pts, arg, __pt_lu_clear) : -EFAULT;
		if (ret)
			return ret;
	}
	return 0;
}

static int NS(lu_clear)(struct pt_iommu *iommu_table, u64 iova, u64 len)
{
	struct pt_range range;
	int ret;

	ret = make_range(common_from_iommu(iommu_table), &range, iova, len);
	return ret ?: pt_walk_range(&range, __pt_lu_clear, NULL);
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
