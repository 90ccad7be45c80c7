/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live update of a page table, for every format: a preserved table has all mappings, a
 * restored one is equal and works, and each kind of difference between the table and a
 * list of mappings is found.
 *
 * See kunit_liveupdate.h for how a table arrives without a kexec.
 */
#include "kunit_liveupdate.h"
#include "kunit_liveupdate_clear.h"
#include "kunit_liveupdate_dirty.h"

static void test_lu_preserve(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_range range;
	unsigned int i;

	pt_kunit_lu_fill(test);
	KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_ops_of(&lu->old)->preserve(lu->old.iommu,
									   &lu->ser));
	pt_kunit_lu_each_page(test, &lu->old, pt_kunit_lu_count_page);
	range = pt_top_range(lu->old.common);
	KUNIT_EXPECT_STREQ(test, lu->ser.format, __stringify(PTPFX_RAW));
	KUNIT_EXPECT_EQ(test, lu->ser.top, virt_to_phys(range.top_table));
	KUNIT_EXPECT_EQ(test, lu->ser.top_level + 1,
			pt_kunit_lu_ops_of(&lu->old)->levels(lu->old.iommu));
	KUNIT_EXPECT_EQ(test, lu->ser.nr_tables, lu->nr_tables);
	KUNIT_EXPECT_EQ(test, lu->ser.table_bytes, lu->nr_tables * PAGE_SIZE);
	pt_kunit_lu_ops_of(&lu->old)->unpreserve(lu->old.iommu);

	for (i = 0; i < LU_AREAS; i++)
		check_iova(test, lu->areas[i].va, lu->areas[i].oa, lu->areas[i].len);
}

/* A restored table is read-only, an adopted one is an ordinary table. */
static void test_lu_round_trip(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_area more;
	unsigned int i;

	pt_kunit_lu_fill(test);
	pt_kunit_lu_preserve_and_restore(test);
	more = lu->areas[LU_CHANGED];
	more.va += more.len;
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_map(&lu->next, &more), -EBUSY);
	pt_kunit_lu_expect_same(test);
	pt_kunit_lu_ops_of(&lu->next)->adopt_abort(lu->next.iommu);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_map(&lu->next, &more), -EBUSY);

	pt_kunit_lu_expect_same(test);
	pt_kunit_lu_ops_of(&lu->next)->adopt_commit(lu->next.iommu);
	if (IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE_BLOCKS))
		KUNIT_EXPECT_EQ(test, hlist_count_nodes(&lu->next.iommu->liveupdate.blocks.all),
				lu->nr_blocks);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_ops_of(&lu->next)->adopt_begin(lu->next.iommu),
			-EALREADY);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_map(&lu->next, &more), 0);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_map(&lu->next, &more), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, iommu_unmap(&lu->next.domain, more.va, more.len), more.len);
	for (i = 0; i < LU_AREAS; i++)
		KUNIT_EXPECT_EQ(test, iommu_unmap(&lu->next.domain, lu->areas[i].va,
						  lu->areas[i].len), lu->areas[i].len);
	for (i = 0; i < LU_AREAS; i++)
		KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(&lu->next.domain, lu->areas[i].va), 0);
}

/* Width, features and leaf sizes come from the record, not from the unit probed first. */
static void test_lu_other_unit(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_common *old = lu->old.common, *next = lu->next.common;

	pt_kunit_lu_fill(test);
	pt_kunit_lu_use_other_unit(test);
	pt_kunit_lu_preserve_and_restore(test);
	KUNIT_EXPECT_EQ(test, next->max_vasz_lg2, old->max_vasz_lg2);
	KUNIT_EXPECT_EQ(test, pt_feature(next, PT_FEAT_DMA_INCOHERENT),
			pt_feature(old, PT_FEAT_DMA_INCOHERENT));
	KUNIT_EXPECT_EQ(test, lu->next.domain.geometry.aperture_end,
			lu->old.domain.geometry.aperture_end);
	KUNIT_EXPECT_EQ(test, lu->next.domain.pgsize_bitmap, lu->ser.pgsize_bitmap);
	pt_kunit_lu_expect_same(test);
}

static void test_lu_missing(struct kunit *test)
{
	static const unsigned int which[] = { 0, 3, LU_CHANGED, LU_AREAS - 1 };
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_area area;
	unsigned int i;

	pt_kunit_lu_fill(test);
	pt_kunit_lu_preserve_and_restore(test);
	for (i = 0; i < ARRAY_SIZE(which); i++) {
		area = lu->areas[which[i]];
		pt_kunit_lu_remove(lu, which[i]);
		pt_kunit_lu_expect_difference(test, area.va, "missing");
		pt_kunit_lu_insert(lu, which[i]);
		lu->areas[which[i]] = area;
	}
	pt_kunit_lu_expect_same(test);
}

static void test_lu_one_too_many(struct kunit *test)
{
	static const unsigned int after[] = { 1, LU_CHANGED, LU_AREAS - 1 };
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_area area;
	unsigned int i;

	pt_kunit_lu_fill(test);
	pt_kunit_lu_preserve_and_restore(test);
	for (i = 0; i < ARRAY_SIZE(after); i++) {
		area = lu->areas[after[i]];
		area.va += area.len + lu->old.smallest_pgsz;
		pt_kunit_lu_insert(lu, after[i] + 1);
		lu->areas[after[i] + 1] = area;
		pt_kunit_lu_expect_difference(test, area.va, "one too many");
		pt_kunit_lu_remove(lu, after[i] + 1);
	}
	pt_kunit_lu_expect_same(test);
}

/* One area is changed, field by field: the first difference must be found. */
static void test_lu_changed(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_area was, *area = &lu->areas[LU_CHANGED];
	pt_vaddr_t page = lu->old.smallest_pgsz;

	pt_kunit_lu_fill(test);
	pt_kunit_lu_preserve_and_restore(test);
	was = *area;
	area->oa += page;
	pt_kunit_lu_expect_difference(test, was.va, "other memory");
	*area = was;
	area->prot = IOMMU_READ;
	pt_kunit_lu_expect_difference(test, was.va, "other permissions");
	*area = was;
	area->va += page;
	pt_kunit_lu_expect_difference(test, was.va, "shifted up");
	*area = was;
	area->va -= page;
	pt_kunit_lu_expect_difference(test, area->va, "shifted down");
	*area = was;
	area->len -= page;
	pt_kunit_lu_expect_difference(test, was.va + area->len, "too short");
	*area = was;
	area->len += page;
	pt_kunit_lu_expect_difference(test, was.va + was.len, "too long");
	*area = was;
	swap(area[0], area[1]);
	pt_kunit_lu_expect_difference(test, was.va, "out of order");
	swap(area[0], area[1]);
	pt_kunit_lu_expect_same(test);
}

/* Mapped page by page, compared as one: the same. The other way round: not. */
static void test_lu_leaf_sizes(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_kunit_lu_area *area = lu->areas, page;
	pt_vaddr_t va;

	*area = (struct pt_kunit_lu_area){ SZ_16M, SZ_32M, SZ_2M, IOMMU_READ, true };
	area[1] = (struct pt_kunit_lu_area){ SZ_32M, SZ_64M, SZ_2M, IOMMU_READ };
	page = *area;
	page.len = lu->old.smallest_pgsz;
	for (va = area->va; va < area->va + area->len; va += page.len, page.oa += page.len) {
		page.va = va;
		KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_map(&lu->old, &page));
	}
	KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_map(&lu->old, &area[1]));
	lu->nr_areas = 2;
	pt_kunit_lu_preserve_and_restore(test);
	pt_kunit_lu_expect_same(test);
	pt_kunit_lu_ops_of(&lu->next)->adopt_abort(lu->next.iommu);

	area[1].len /= 2;
	pt_kunit_lu_insert(lu, 1);
	area[2].va += area[2].len;
	area[2].oa += area[2].len;
	pt_kunit_lu_expect_difference(test, area[2].va, "a leaf that two maps share");
}

/* Nothing is believed: neither the record nor the pointers of the table */
static void test_lu_damaged(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	const struct pt_iommu_liveupdate_ops *ops = pt_kunit_lu_ops_of(&lu->next);
	struct iommu_domain_ser ser;
	struct pt_kunit_lu_result res;

	pt_kunit_lu_fill(test);
	pt_kunit_lu_preserve(test);
	ser = lu->ser;
	ser.format[0]++;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.vasz_lg2 = 3;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.vasz_lg2 = PT_MAX_VA_ADDRESS_LG2 + 1;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.oasz_lg2 = 0;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.flags ^= IOMMU_DOMAIN_SER_SIGN_EXTEND;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.pgsize_bitmap = 1;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.top_level = PT_MAX_TOP_LEVEL + 1;
	pt_kunit_lu_restore_fails(test, &ser, -EPROTO);
	ser.nr_tables = 0;
	pt_kunit_lu_restore_fails(test, &ser, -EFAULT);
	ser.top = virt_to_phys(lu);
	pt_kunit_lu_restore_fails(test, &ser, -EFAULT);

	KUNIT_ASSERT_NO_ERRNO(test, ops->restore(lu->next.iommu, &lu->ser));
	lu->some_block->private = 0;
	KUNIT_EXPECT_EQ_MSG(test, pt_kunit_lu_compare(lu, &res), -EIO,
			    "a table that KHO does not hold");
	pt_kunit_lu_give_pages(lu->some_block, MAX_PAGE_ORDER);
	KUNIT_EXPECT_EQ_MSG(test, pt_kunit_lu_compare(lu, &res), -EIO, "a block larger than any");
	pt_kunit_lu_give_pages(lu->some_block, lu->some_order);
	lu->next.iommu->liveupdate.incoming->nr_tables--;
	KUNIT_EXPECT_EQ_MSG(test, pt_kunit_lu_compare(lu, &res), -EIO,
			    "more tables than in the record");
	lu->next.iommu->liveupdate.incoming->nr_tables += 2;
	KUNIT_EXPECT_EQ_MSG(test, pt_kunit_lu_compare(lu, &res), -EIO,
			    "fewer tables than in the record");
	lu->next.iommu->liveupdate.incoming->nr_tables--;
	lu->next.iommu->liveupdate.incoming->blocks_sum++;
	KUNIT_EXPECT_EQ_MSG(test, pt_kunit_lu_compare(lu, &res), -EIO,
			    "other blocks than in the record");
	KUNIT_EXPECT_TRUE_MSG(test, iommu_blocks_in_kho(page_to_phys(lu->some_block)),
			      "a table that is refused stays with KHO");
	lu->next.iommu->liveupdate.incoming->blocks_sum--;
	pt_kunit_lu_expect_same(test);
}

static int pt_kunit_lu_check_leaf(void *arg, u64 iova, phys_addr_t phys, u64 len)
{
	struct pt_kunit_lu_area *left = arg;

	if (iova != left->va || phys != left->oa || len > left->len)
		return -EBADE;
	left->va += len;
	left->oa += len;
	left->len -= len;
	return 0;
}

/* The walk has no gap and ascends; an unmapped part is an error, not skipped. */
static void test_lu_each_leaf(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	const struct pt_iommu_liveupdate_ops *ops = pt_kunit_lu_ops_of(&lu->old);
	const struct pt_kunit_lu_area *area;
	struct pt_kunit_lu_area left;

	pt_kunit_lu_fill(test);
	for (area = lu->areas; area < lu->areas + LU_AREAS; area++) {
		left = *area;
		KUNIT_EXPECT_EQ(test, ops->each_leaf(lu->old.iommu, area->va, area->len,
						     pt_kunit_lu_check_leaf, &left), 0);
		KUNIT_EXPECT_EQ(test, left.len, 0);
	}
	left = lu->areas[LU_CHANGED];
	left.len += lu->old.smallest_pgsz;
	KUNIT_EXPECT_EQ(test, ops->each_leaf(lu->old.iommu, left.va, left.len,
					     pt_kunit_lu_check_leaf, &left), -EFAULT);
	KUNIT_EXPECT_EQ(test, left.len, lu->old.smallest_pgsz);
}

/* Many tables lie in few blocks, a table that is freed can be had again, an empty block goes */
static void test_lu_blocks(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct iommu_pages_blocks *blocks = &lu->old.iommu->liveupdate.blocks;
	/* Size that a table of the lowest level maps, in the smallest leaves */
	const pt_vaddr_t len = lu->old.smallest_pgsz * (PAGE_SIZE / PT_ITEM_WORD_SIZE);
	struct pt_kunit_lu_area area = { .oa = SZ_1G + SZ_4K, .len = len, .prot = IOMMU_READ };
	u64 nr_used, nr_pages;
	unsigned int i;

	if (!IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE_BLOCKS))
		kunit_skip(test, "no blocks");
	for (i = 0; i < LU_TABLES; i++, area.va += len)
		KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_map(&lu->old, &area));
	nr_used = blocks->nr_used;
	nr_pages = blocks->nr_pages;
	KUNIT_EXPECT_GE(test, nr_used, LU_TABLES);
	KUNIT_EXPECT_LE(test, nr_pages, 2 * nr_used);
	KUNIT_EXPECT_LE(test, hlist_count_nodes(&blocks->all), ilog2(LU_TABLES) + 1);

	iommu_unmap(&lu->old.domain, 0, len);
	KUNIT_EXPECT_EQ(test, blocks->nr_used, nr_used - 1);
	area.va = 0;
	KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_map(&lu->old, &area));
	KUNIT_EXPECT_EQ(test, blocks->nr_pages, nr_pages);

	iommu_unmap(&lu->old.domain, 0, LU_TABLES * len);
	KUNIT_EXPECT_LE(test, blocks->nr_used, nr_used - LU_TABLES);
	KUNIT_EXPECT_LT(test, blocks->nr_pages, nr_pages / 8);
}

/* As many tables as there should be, but one of them twice */
static void test_lu_shared_table(struct kunit *test)
{
	struct pt_kunit_lu *lu = pt_kunit_lu_of(test);
	struct pt_range range;
	struct pt_kunit_lu_result res;
	u64 was = 0;

	for (lu->nr_areas = 0; lu->nr_areas < 2; lu->nr_areas++) {
		lu->areas[lu->nr_areas] = (struct pt_kunit_lu_area){
			lu->nr_areas * SZ_2M, SZ_4K, lu->old.smallest_pgsz, IOMMU_READ };
		KUNIT_ASSERT_NO_ERRNO(test, pt_kunit_lu_map(&lu->old, &lu->areas[lu->nr_areas]));
	}
	pt_kunit_lu_preserve_and_restore(test);
	range = pt_all_range(lu->next.common);
	KUNIT_ASSERT_EQ(test, pt_walk_range(&range, __pt_kunit_lu_share_table, &was), 1);
	KUNIT_EXPECT_EQ(test, pt_kunit_lu_compare(lu, &res), -EIO);
	range = pt_all_range(lu->next.common);
	KUNIT_ASSERT_EQ(test, pt_walk_range(&range, __pt_kunit_lu_share_table, &was), 1);
	pt_kunit_lu_expect_same(test);
}

static struct kunit_case pt_kunit_lu_test_cases[] = {
	KUNIT_CASE_FMT(test_lu_shared_table),
	KUNIT_CASE_FMT(test_lu_blocks),
	KUNIT_CASE_FMT(test_lu_each_leaf),
	KUNIT_CASE_FMT(test_lu_clear),
	KUNIT_CASE_FMT(test_lu_preserve),
	KUNIT_CASE_FMT(test_lu_round_trip),
	KUNIT_CASE_FMT(test_lu_other_unit),
	KUNIT_CASE_FMT(test_lu_missing),
	KUNIT_CASE_FMT(test_lu_one_too_many),
	KUNIT_CASE_FMT(test_lu_changed),
	KUNIT_CASE_FMT(test_lu_leaf_sizes),
	KUNIT_CASE_FMT(test_lu_damaged),
#ifdef pt_entry_is_write_dirty
	KUNIT_CASE_FMT(test_lu_dirty_tracking),
#endif
	{}
};

static int pt_kunit_lu_init(struct kunit *test)
{
	struct pt_kunit_lu *lu;
	int ret;

	if (!IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE) || !kho_is_enabled())
		kunit_skip(test, "live update is off");
	lu = kunit_kzalloc(test, sizeof(*lu), GFP_KERNEL);
	if (!lu)
		return -ENOMEM;
	prandom_seed_state(&lu->rnd, 7304);
	ret = pt_kunit_priv_init(test, &lu->old);
	if (ret)
		return ret;

	lu->next = lu->old;
	spin_lock_init(&lu->next.top_lock);
	lu->next.iommu = &lu->next.fmt_table.iommu;
	lu->next.common = common_from_iommu(lu->next.iommu);
	ret = pt_iommu_init(&lu->next.fmt_table, &lu->next.cfg, GFP_KERNEL);
	if (ret) {
		pt_iommu_deinit(lu->old.iommu);
		return ret;
	}
	lu->old.domain.cookie_type = IOMMU_COOKIE_IOMMUFD;
	lu->old.domain.owner = &pt_kunit_lu_owner;
	test->priv = &lu->old;
	return 0;
}

static void pt_kunit_lu_exit(struct kunit *test)
{
	struct pt_kunit_lu *lu;

	if (!test->priv)
		return;
	lu = pt_kunit_lu_of(test);
	if (!lu->arrived)
		pt_iommu_deinit(lu->old.iommu);
	pt_iommu_deinit(lu->next.iommu);
}

static struct kunit_suite NS(liveupdate_suite) = {
	.name = __stringify(NS(liveupdate_test)),
	.init = pt_kunit_lu_init,
	.exit = pt_kunit_lu_exit,
	.test_cases = pt_kunit_lu_test_cases,
};

kunit_test_suites(&NS(liveupdate_suite));
