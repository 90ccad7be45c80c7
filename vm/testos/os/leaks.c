// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory without a pointer to it, as kmemleak finds it. Only the debug kernel has
 * kmemleak.
 *
 * An object counts as lost if it is older than five seconds and two scans in a row found no
 * pointer to it, and nothing in it had changed from one to the other. Each scan takes ten
 * seconds and more.
 *
 * The allocator's lists for each CPU keep pointers to the objects that they allocated last, and
 * kmemleak reads them: a leak of a moment ago is never found. slab_debug=F on the
 * command line does without these lists. Where that is missing nothing would be proved.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/leaks.h"
#include "os/report.h"
#include "os/util.h"

#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
#define WITHOUT_LISTS	"/sys/kernel/slab/kmalloc-64/sanity_checks"
#define OBJECT		"unreferenced object"
#define BACKTRACE	"  backtrace"
#define TOO_YOUNG_MS	5200
#define MOST_CALLERS	8

static unsigned int count(const char *report)
{
	unsigned int n = 0;

	for (; (report = strstr(report, OBJECT)); report++)
		n++;
	return n;
}

/* The functions that allocated the first object, a line each */
static void callers(const char *report, char *out, size_t room)
{
	const char *line = strstr(report, BACKTRACE);
	size_t n = 0;
	int i;

	out[0] = '\0';
	for (i = 0; line && i < MOST_CALLERS && n < room; i++) {
		line = strchr(line, '\n');
		if (!line || strncmp(++line, "    ", 4))
			break;
		n += snprintf(out + n, room - n, "%s%.*s", n ? " < " : "",
			      (int)strcspn(line + 4, "+\n"), line + 4);
	}
}

static bool can_tell(void)
{
	char text[8];

	return file_read(WITHOUT_LISTS, text, sizeof(text)) > 0 && !strcmp(text, "1");
}

void leaks_look(void)
{
	static char report[65536];
	char who[400];
	unsigned int n;

	if (access(KMEMLEAK, F_OK))
		return;
	if (!can_tell()) {
		diag("no look for lost memory: the command line has no slab_debug=F");
		return;
	}
	sleep_ms(TOO_YOUNG_MS);
	must_write(KMEMLEAK, "scan");
	must_write(KMEMLEAK, "scan");
	if (file_read(KMEMLEAK, report, sizeof(report)) < 0)
		bail_out("read %s: %m", KMEMLEAK);
	n = count(report);
	callers(report, who, sizeof(who));
	ok(!n, "kmemleak found nothing", "%u objects are lost, one from %s", n, who);
}
