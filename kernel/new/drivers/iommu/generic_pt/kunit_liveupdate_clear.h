/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live update of a page table of which a part is cleared in place, while it is preserved and
 * while it is compared: the record stays right, and the table can be mapped again.
 */
#ifndef __GENERIC_PT_KUNIT_LIVEUPDATE_CLEAR_H
#define __GENERIC_PT_KUNIT_LIVEUPDATE_CLEAR_H

static void pt_kunit_lu_clear(struct kunit *test, struct kunit_iommu_priv *priv,
			      const struct pt_kunit_lu_area *area)
{
	const struct pt_iommu_liveupdate_ops *ops = pt_kunit_lu_ops_of(priv);

	KUNIT_EXPECT_EQ(test, ops->clear(priv->iommu, area->va, area->len), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(&priv->domain, area->va), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(&priv->domain, area->va + area->len - 1), 0);
	KUNIT_EXPECT_EQ(test, ops->clear(priv->iommu, area->va, area->len), -EFAULT);
}

static void test_lu_clear(struct kunit *test)
{
	static const unsigned int which[] = { LU_AREAS - 1, LU_CHANGED, 3, 0 };
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	const struct pt_iommu_liveupdate_ops *ops = pt_kunit_lu_ops_of(&lu->old);
	struct pt_kunit_lu_area area;
	unsigned int i;

	pt_kunit_lu_fill(test);
	KUNIT_ASSERT_NO_ERRNO(test, ops->preserve(lu->old.iommu, &lu->ser));
	for (i = 0; i < ARRAY_SIZE(which); i++) {
		pt_kunit_lu_clear(test, &lu->old, &lu->areas[which[i]]);
		pt_kunit_lu_remove(lu, which[i]);
	}
	pt_kunit_lu_each_page(test, &lu->old, pt_kunit_lu_count_page);
	KUNIT_EXPECT_EQ(test, lu->ser.nr_tables, lu->nr_tables);
	ops->unpreserve(lu->old.iommu);

	pt_kunit_lu_arrive(test);
	KUNIT_ASSERT_NO_ERRNO(test, ops->restore(lu->next.iommu, &lu->ser));
	pt_kunit_lu_expect_same(test);
	area = lu->areas[2];
	pt_kunit_lu_clear(test, &lu->next, &area);
	ops->adopt_commit(lu->next.iommu);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_map(&lu->next, &area), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(&lu->next.domain, area.va, area.len), area.len);
}

#endif /* __GENERIC_PT_KUNIT_LIVEUPDATE_CLEAR_H */
