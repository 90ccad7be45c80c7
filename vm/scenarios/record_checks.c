// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tests (KUnit) of handover records: tens of thousands of damaged ones.
 * They ran at boot, here is what came out.
 */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "scenario.h"
#include "util.h"

#define CASE	"    "		/* a suite's own line is not indented */
#define RESULTS	"/sys/kernel/debug/kunit/kho_record/results"

static void before(void)
{
	char line[256], name[64];
	FILE *f = fopen(RESULTS, "r");
	unsigned int n, cases = 0;

	if (!f)
		give_up("%s: %m", RESULTS);
	while (fgets(line, sizeof(line), f)) {
		bool good = !strncmp(line, CASE "ok", strlen(CASE "ok"));

		if (!good && strncmp(line, CASE "not ok", strlen(CASE "not ok")))
			continue;
		if (sscanf(strstr(line, "ok"), "ok %u %63s", &n, name) != 2)
			continue;
		ok(good, name, "see the console");
		cases++;
	}
	fclose(f);
	ok(cases == 7, "all tests ran", "%u", cases);
}

SCENARIO(.name = "record_checks",
	 .cmdline = "kunit.enable=1 kunit.autorun=1 kunit.filter_glob=kho_record", .before = before);
