// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's KUnit tests of preserved page tables, in every format of generic_pt and each of its
 * configurations: the restored table equals the preserved one, and each kind of difference is
 * found. They ran at boot; this scenario reads their results.
 *
 * promise: 8, kernel
 * red when: a freed page goes back to its block (the hook of `iommu_pages_put` in
 *   `__iommu_free_desc`): `test_lu_blocks`
 * red when: an empty block goes back (`block_free` in `iommu_pages_put`): unmapped, but not one
 *   byte more is free, in both kernels
 * red when: no table is visited twice (`__test_and_set_bit` in `iommu_blocks_visit`):
 *   `test_lu_shared_table`, in every format
 * red when: gaps are reported, too (`__pt_lu_each_leaf`): `test_lu_each_leaf`, in every format
 * red when: each run of pages is compared with its own memory (`cmp->next++` in `pt_lu_next_run`):
 *   `test_lu_leaf_sizes`, in every format
 * red when: only the domain's own pages are taken (`blocks_sum` in `pt_lu_find_tables`):
 *   `test_lu_damaged`, in every format
 * red when: a restored domain takes its width, levels and coherency from the record
 *   (`pt_lu_set_shape`), not from the unit probed first: `test_lu_other_unit`, -EPROTO
 * red when: a gap is compared no further than the top of the table reaches (`pt_lu_compare_gap`): a
 *   table of AMD's format that could still grow is never adopted: six tests of
 *   `amdv1_liveupdate_test`
 */
#include "os/kselftest.h"
#include "scenario.h"

static void before(void)
{
	kunit_suite(13, "amdv1_liveupdate_test");
	kunit_suite(12, "riscv_64_liveupdate_test");
	kunit_suite(13, "vtdss_liveupdate_test");
	kunit_suite(12, "x86_64_liveupdate_test");
}

SCENARIO(.name = "table_checks",
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=*_liveupdate_test",
	 .before = before);
