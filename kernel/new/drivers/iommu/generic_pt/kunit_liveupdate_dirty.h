/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live update of a page table whose domain has dirty tracking: the record says so, only a
 * domain that has it too is restored from it, and the adopted table can be tracked.
 */
#ifndef __GENERIC_PT_KUNIT_LIVEUPDATE_DIRTY_H
#define __GENERIC_PT_KUNIT_LIVEUPDATE_DIRTY_H

#define PT_KUNIT_LU_DIRTY_OPS(fmt)	IOMMU_PT_DIRTY_OPS(fmt)
static const struct iommu_dirty_ops pt_kunit_lu_dirty_ops = {
	PT_KUNIT_LU_DIRTY_OPS(PTPFX_RAW),
};

static int __pt_kunit_lu_set_dirty(struct pt_range *range, void *arg, unsigned int level,
				   struct pt_table_p *table)
{
	struct pt_state pts = pt_init(range, level, table);

	pt_load_single_entry(&pts);
	if (pts.type == PT_ENTRY_TABLE)
		return pt_descend(&pts, arg, __pt_kunit_lu_set_dirty);
	return pts.type == PT_ENTRY_OA && pt_entry_make_write_dirty(&pts) ? 0 : -EINVAL;
}

/* As the hardware does it while the table is tracked */
static int pt_kunit_lu_set_dirty(struct kunit_iommu_priv *priv, const struct pt_kunit_lu_area *area)
{
	struct pt_range range = pt_make_range(priv->common, area->va, area->va);

	return pt_walk_range(&range, __pt_kunit_lu_set_dirty, NULL);
}

/* The first dirty IOVA of the area, or 0. Its dirty bits are cleared. */
static u64 pt_kunit_lu_first_dirty(struct kunit_iommu_priv *priv,
				   const struct pt_kunit_lu_area *area)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;

	iommu_iotlb_gather_init(&gather);
	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	if (priv->domain.dirty_ops->read_and_clear_dirty(&priv->domain, area->va, area->len, 0,
							 &dirty))
		return U64_MAX;
	return gather.start == ULONG_MAX ? 0 : gather.start;
}

static __maybe_unused void test_lu_dirty_tracking(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	const struct pt_kunit_lu_area *area = &lu->areas[LU_CHANGED];

	lu->old.domain.dirty_ops = &pt_kunit_lu_dirty_ops;
	pt_kunit_lu_fill(test);
	/* Tracked before, and off since */
	KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_set_dirty(&lu->old, area));
	pt_kunit_lu_preserve(test);
	KUNIT_EXPECT_TRUE(test, lu->ser.flags & IOMMU_DOMAIN_SER_DIRTY_TRACKING);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_ops_of(&lu->next)->restore(lu->next.iommu, &lu->ser),
			-EPROTO);
	lu->next.domain.dirty_ops = &pt_kunit_lu_dirty_ops;
	KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_ops_of(&lu->next)->restore(lu->next.iommu,
									   &lu->ser));
	pt_kunit_lu_expect_same(test);
	pt_kunit_lu_ops_of(&lu->next)->adopt_commit(lu->next.iommu);

	KUNIT_EXPECT_EQ(test, pt_kunit_lu_first_dirty(&lu->next, area), area->va);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_first_dirty(&lu->next, area), 0);
	KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_set_dirty(&lu->next, area));
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_first_dirty(&lu->next, area), area->va);
}

#endif /* __GENERIC_PT_KUNIT_LIVEUPDATE_DIRTY_H */
