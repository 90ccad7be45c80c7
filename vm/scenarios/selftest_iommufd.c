// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's selftest of iommufd on its mock IOMMU, on the debug kernel: marks, refusals,
 * immutable IOASes, and allocations that fail. Also the results of KUnit for the page table of
 * that mock, which no other kernel has.
 *
 * promise: 4, kernel
 * red when: a token names one HWPT (`-EEXIST` in `iommufd_lu_set_mark`): `mark_tokens`: two HWPTs
 *   with one token (in one kernel with the next three; no other case went red)
 * red when: a nesting parent cannot be marked (`nest_parent` in `iommufd_lu_check_hwpt`):
 *   `mark_kinds`: it can
 * red when: a preserved IOAS cannot be changed (`iopt_liveupdate_may_change`):
 *   `preserved_is_immutable`, `preserved_together`: map and unmap succeed
 * red when: single pages fail as well (`min-order` of `can_fail`): `fail_nth`, in one of two runs:
 *   fewer errors than there are allocations
 */
#include <stddef.h>

#include "os/failing.h"
#include "os/kselftest.h"
#include "scenario.h"

static void before(void)
{
	kunit_suite(13, "amdv1_mock_liveupdate_test");
	failing_quietly(true);
	kselftest(24, 0, "iommufd_liveupdate", NULL);
	failing_quietly(false);
}

SCENARIO(.name = "selftest_iommufd", .kernel = "debug", .kselftest = true,
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=amdv1_mock_liveupdate_test",
	 .before = before);
