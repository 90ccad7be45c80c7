// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's KUnit tests of handover records: 40,000 damaged records and addresses. They ran at
 * boot; this scenario reads their results.
 *
 * promise: 6, kernel
 */
#include "os/kselftest.h"
#include "scenario.h"

static void before(void)
{
	kunit_suite(7, "kho_record");
}

SCENARIO(.name = "record_checks",
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=kho_record", .before = before);
