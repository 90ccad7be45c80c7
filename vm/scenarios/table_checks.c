// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tests (KUnit) of page tables that are carried, in every format and in
 * each of its configurations: what is restored is what was preserved, and each kind of
 * difference is found. They ran at boot, here is what came out.
 */
#include "os/kselftest.h"
#include "scenario.h"

static void before(void)
{
	kunit_suite(10, "amdv1_liveupdate_test");
	kunit_suite(10, "riscv_64_liveupdate_test");
	kunit_suite(10, "vtdss_liveupdate_test");
	kunit_suite(10, "x86_64_liveupdate_test");
}

SCENARIO(.name = "table_checks",
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=*_liveupdate_test",
	 .before = before);
