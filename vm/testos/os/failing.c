// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail on request, by the kernel's fault injection: slab objects and pages
 * alike, also those that may sleep. The operation must fail or, where the kernel can do without
 * that memory, succeed; and leave nothing behind. The points at which iommufd fails for its own
 * tests count as allocations; looking an object up is one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kapi/kho.h"
#include "os/failing.h"
#include "os/report.h"
#include "os/util.h"

#define KNOBS		"/sys/kernel/debug/"
#define NTH		"/proc/thread-self/fail-nth"
#define MOST		1000
#define HIGH_FILE	900
#define LOCKDEP		"/proc/lockdep_stats"
#define LOCKS		" debug_locks:"

static void let_all_fail(void)
{
	static const char *const knobs[][2] = {
		{ KNOBS "failslab/ignore-gfp-wait", "N" },
		{ KNOBS "failslab/verbose", "0" },
		{ KNOBS "fail_page_alloc/ignore-gfp-wait", "N" },
		{ KNOBS "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ KNOBS "fail_page_alloc/min-order", "0" },
		{ KNOBS "fail_page_alloc/verbose", "0" },
		{ KNOBS "fail_iommufd/verbose", "0" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		must_write(knobs[i][0], knobs[i][1]);
}

bool failing_possible(void)
{
	return !access(NTH, F_OK);
}

/* A number far from those of other files, which threads may close twice */
int failing_open(void)
{
	int fd = must_open(NTH, O_RDWR), high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FILE);

	if (high < 0)
		bail_out("open %s: %m", NTH);
	close(fd);
	return high;
}

void failing_arm(int file, unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(file, text, n, 0) != n)
		bail_out("write %s: %m", NTH);
}

/* Open all the time: opening it anew would be the allocation that fails. */
static int nth_file(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = failing_open();
	return fd;
}

void failing_begin(unsigned int nth)
{
	failing_arm(nth_file(), nth);
}

bool failing_end(void)
{
	char text[16] = "";
	bool hit;

	if (pread(nth_file(), text, sizeof(text) - 1, 0) <= 0)
		bail_out("read %s: %m", NTH);
	hit = !strtoul(text, NULL, 10);
	failing_arm(nth_file(), 0);
	return hit;
}

/*
 * A failing allocation may be logged with a trace of calls, which is not a splat. A worse splat
 * ends the kernel, except for lock debugging, which switches itself off.
 */
void failing_quietly(bool quietly)
{
	char text[8192], *at = NULL;

	must_write("/proc/sys/kernel/printk", quietly ? "3" : "7");
	if (quietly) {
		let_all_fail();
		return;
	}
	if (access(LOCKDEP, F_OK)) {
		diag("this kernel has no lock debugging");
		return;
	}
	if (file_read(LOCKDEP, text, sizeof(text)) > 0)
		at = strstr(text, LOCKS);
	ok(at && strtoul(at + strlen(LOCKS), NULL, 10) == 1, "lock debugging found nothing",
	   "it ended itself");
}

static int one(const struct sweep *sweep, void *arg, unsigned int nth, bool *hit)
{
	int rc;

	if (sweep->setup)
		sweep->setup(arg);
	failing_begin(nth);
	rc = sweep->step(arg);
	*hit = failing_end();
	if (sweep->undo)
		sweep->undo(arg, rc);
	return rc;
}

void failing_sweep(const struct sweep *sweep, void *arg)
{
	uint64_t records = kho_records();
	unsigned int nth, errors = 0, left = 0;
	bool hit = true;
	int rc = -1;

	failing_quietly(true);
	for (nth = 1; hit && nth < MOST; nth++) {
		rc = one(sweep, arg, nth, &hit);
		errors += rc < 0;
		left += sweep->undo && kho_records() != records;
		if (!sweep->undo && rc >= 0)
			break;
	}
	failing_quietly(false);
	diag("%s: %u allocations failed, %u times it was refused", sweep->what, nth - hit,
	     errors);
	ok(rc >= 0 && nth < MOST, sweep->what, "error %d without a failing allocation", -rc);
	ok(errors > 0, "it had failed before, for want of memory", "no allocation was hit");
	ok(!left, "and nothing was left of any attempt", "records %u times", left);
}
