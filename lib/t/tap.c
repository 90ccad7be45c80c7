// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See tap.h. */
#include <stdio.h>
#include <string.h>

#include "tap.h"

static int count, failed;

bool ok(bool holds, const char *fact, const char *why)
{
	printf("%sok %d - %s\n", holds ? "" : "not ", ++count, fact);
	if (!holds && why)
		printf("# %s\n", why);
	failed += !holds;
	return holds;
}

/* An expected error must come with a reason in words. */
bool ok_rc(int rc, int expected, const char *fact, const char *reason)
{
	char why[700];

	snprintf(why, sizeof(why), "returned %d (%s), expected %d; reason \"%s\"", rc,
		 rc < 0 ? strerror(-rc) : "no error", expected, reason ? reason : "");
	return ok(rc == expected && (rc >= 0 || !reason || *reason), fact, why);
}

int plan(void)
{
	printf("1..%d\n", count);
	return failed ? 1 : 0;
}
