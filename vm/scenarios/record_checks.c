// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tests (KUnit) of handover records: tens of thousands of damaged ones.
 * They ran at boot, here is what came out.
 */
#include "os/kselftest.h"
#include "scenario.h"

static void before(void)
{
	kunit_suite(7, "kho_record");
}

SCENARIO(.name = "record_checks",
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=kho_record", .before = before);
