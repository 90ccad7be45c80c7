// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own selftest of iommufd on its mock IOMMU: marks, what is refused, what cannot
 * be changed while it is preserved, and allocations that fail. Also what KUnit found about
 * the page table of that mock, which no other kernel has.
 */
#include <stddef.h>

#include "os/failing.h"
#include "os/kselftest.h"
#include "scenario.h"

static void before(void)
{
	kunit_suite(10, "amdv1_mock_liveupdate_test");
	failing_quietly(true);
	kselftest(17, 0, "iommufd_liveupdate", NULL);
	failing_quietly(false);
}

SCENARIO(.name = "selftest_iommufd", .kernel = "debug", .kselftest = true,
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=amdv1_mock_liveupdate_test",
	 .before = before);
