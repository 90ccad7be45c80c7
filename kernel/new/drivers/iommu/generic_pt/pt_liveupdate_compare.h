/* SPDX-License-Identifier: GPL-2.0-only */
/**
 * DOC: Comparing a table that is carried
 *
 * Compare what somebody maps with what a restored I/O page table maps already,
 * for every page-table format. Included by pt_liveupdate.h.
 *
 * Maps come in ascending order. Each is compared with the leaves that it covers:
 * these must lie wholly within it and have the same addresses and permissions.
 * What lies between two maps, or behind the last one, must hold no leaf. The
 * cursor is where the next map may begin at the earliest.
 */
#ifndef __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H
#define __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H

struct pt_lu_compare {
	struct pt_iommu_liveupdate *lu;
	struct pt_write_attrs attrs;
	pt_vaddr_t va;
	pt_vaddr_t last_va;
	pt_oaddr_t oa;
};

static int lu_differs(struct pt_iommu_liveupdate *lu, pt_vaddr_t va)
{
	if (!lu->bad || va < lu->bad_iova)
		lu->bad_iova = va;
	lu->bad = true;
	return -EBADE;
}

static int lu_compare_leaf(struct pt_state *pts, struct pt_lu_compare *cmp)
{
	unsigned int lg2sz = pt_entry_oa_lg2sz(pts);
	pt_vaddr_t va = log2_set_mod(pts->range->va, 0, lg2sz);
	pt_vaddr_t last_va = log2_set_mod_max(va, lg2sz);
	struct pt_write_attrs attrs = {};

	if (va < cmp->va)
		return lu_differs(cmp->lu, va);

	pt_attr_from_entry(pts, &attrs);
	if (pt_entry_oa(pts) != cmp->oa + (va - cmp->va) ||
	    attrs.descriptor_bits != cmp->attrs.descriptor_bits)
		return lu_differs(cmp->lu, va);
	if (last_va > cmp->last_va)
		return lu_differs(cmp->lu, cmp->last_va + 1);
	cmp->lu->verified += log2_to_int(lg2sz);
	return 0;
}

/* All of the range is mapped, as @cmp says */
static int __lu_compare(struct pt_range *range, void *arg, unsigned int level,
			struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_compare *cmp = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_TABLE)
			ret = pt_descend(&pts, arg, __lu_compare);
		else if (pts.type == PT_ENTRY_OA)
			ret = lu_compare_leaf(&pts, cmp);
		else
			ret = lu_differs(cmp->lu, max(range->va, cmp->va));
		if (ret)
			return ret;
	}
	return 0;
}

/* Nothing in the range is mapped */
static int __lu_compare_gap(struct pt_range *range, void *arg,
			    unsigned int level, struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);
	struct pt_lu_compare *cmp = arg;
	int ret;

	for_each_pt_level_entry(&pts) {
		if (pts.type == PT_ENTRY_OA)
			return lu_differs(cmp->lu, range->va);
		if (pts.type != PT_ENTRY_TABLE)
			continue;
		ret = pt_descend(&pts, arg, __lu_compare_gap);
		if (ret)
			return ret;
	}
	return 0;
}

static int lu_compare_gap(struct pt_iommu *iommu_table, u64 last)
{
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_lu_compare cmp = { .lu = iommu_table->liveupdate };
	struct pt_range range = pt_top_range(common);
	int ret;

	/* A top that can grow covers less than the aperture, and nothing is beyond */
	last = min_t(u64, last, range.last_va);
	if (cmp.lu->cursor > last)
		return 0;
	range = pt_make_range(common, cmp.lu->cursor, last);
	ret = pt_check_range(&range);
	if (ret)
		return lu_differs(cmp.lu, cmp.lu->cursor);
	return pt_walk_range(&range, __lu_compare_gap, &cmp);
}

static int NS(lu_map_range)(struct pt_iommu *iommu_table, dma_addr_t iova,
			    phys_addr_t paddr, dma_addr_t len, unsigned int prot,
			    gfp_t gfp, size_t *mapped)
{
	struct pt_iommu_liveupdate *lu = iommu_table->liveupdate;
	struct pt_common *common = common_from_iommu(iommu_table);
	struct pt_lu_compare cmp = { .lu = lu, .va = iova, .oa = paddr };
	struct pt_range range;
	int ret;

	if (!lu->comparing)
		return -EBUSY;

	ret = pt_iommu_set_prot(common, &cmp.attrs, prot);
	if (ret)
		return ret;
	ret = make_range(common, &range, iova, len);
	if (ret || iova < lu->cursor)
		return lu_differs(lu, iova);
	cmp.last_va = range.last_va;

	if (iova > lu->cursor) {
		ret = lu_compare_gap(iommu_table, iova - 1);
		if (ret)
			return ret;
	}
	ret = pt_walk_range(&range, __lu_compare, &cmp);
	if (ret)
		return ret;
	lu->cursor = iova + len;
	*mapped += len;
	return 0;
}

/* Part of undoing a comparison: pretend, and have the caller flush something */
static size_t NS(lu_unmap_range)(struct pt_iommu *iommu_table, dma_addr_t iova,
				 dma_addr_t len,
				 struct iommu_iotlb_gather *iotlb_gather)
{
	if (len)
		iommu_iotlb_gather_add_range(iotlb_gather, iova, len);
	return len;
}

#endif /* __GENERIC_PT_PT_LIVEUPDATE_COMPARE_H */
