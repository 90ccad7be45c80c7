// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of a live update can be observed: numbers in sysfs, objects in debugfs, each step with
 * its duration in the trace buffer; and they agree with the requests of userspace.
 *
 * promise: interface
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iommu/platform.h"
#include "kapi/iommufd.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define DUMP	"/sys/kernel/debug/iommu_liveupdate"
#define TRACE	"/sys/kernel/tracing"

static char text[65536];

static const char *read_text(const char *path)
{
	if (file_read(path, text, sizeof(text)) < 0)
		text[0] = 0;
	return text;
}

static uint64_t number(const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/kernel/liveupdate/iommu/%s", name);
	return strtoull(read_text(path), NULL, 10);
}

static void expect(const char *name, uint64_t want, const char *when)
{
	char what[100];

	snprintf(what, sizeof(what), "sysfs: %s is right %s", name, when);
	ok(number(name) == want, what, "%llu instead of %llu", (unsigned long long)number(name),
	   (unsigned long long)want);
}

/* A step is in the trace with outcome 0 and a duration between a nanosecond and a minute. */
static void expect_step(const char *event)
{
	const char *line = strstr(read_text(TRACE "/trace"), event);
	const char *ret = line ? strstr(line, " ret=") : NULL;
	long long took = 0;
	int outcome = -1;
	char what[100];

	snprintf(what, sizeof(what), "trace: %s with its duration", event);
	if (ret)
		sscanf(ret, " ret=%d ns=%lld", &outcome, &took);
	ok(!outcome && took > 0 && took < 60000000000ll, what, "%s",
	   line ? "without success or duration" : "it is not there");
}

static void before(void)
{
	struct iommu_liveupdate_query q;
	char domain[40];

	snprintf(domain, sizeof(domain), "domain 1: %s", platform()->table_format);
	story_begin(one_nic_each, 1);
	expect("preserved_domains", 0, "before preserve");
	ok(strstr(read_text(DUMP), "preserved: nothing"), "debugfs: nothing is preserved", "%s",
	   text);
	story_preserve();
	ok_rc(hwpt_query(story_vm(0)->iommufd, 0, &q), "the token can be queried");
	expect("preserved_domains", 1, "after preserve");
	expect("preserved_devices", 1, "after preserve");
	expect("preserved_table_pages", q.out_table_pages, "after preserve");
	expect("preserved_mapped_bytes", q.out_mapped_bytes, "after preserve");
	ok(strstr(read_text(DUMP), domain), "debugfs: the domain is preserved", "%s",
	   text);
	ok(strstr(text, story_vm(0)->data->device[0].bdf), "debugfs: and the device", "%s", text);
	expect_step("iommu_liveupdate_preserve_domain");
	expect_step("iommu_liveupdate_preserve_device");
	story_leave();
}

static void after(void)
{
	story_arrive();
	expect("incoming_domains", 1, "on arrival");
	expect("incoming_devices", 1, "on arrival");
	expect("incoming_isolated", 0, "on arrival");
	ok(strstr(read_text(DUMP), "running"), "debugfs: the device is running", "%s", text);
	expect_step("iommu_liveupdate_restore_domain");
	expect_step("iommu_liveupdate_attach_device");
	story_retrieve();
	story_adopt();
	expect("incoming_domains", 0, "after adoption");
	expect("incoming_devices", 1, "after adoption");
	ok(strstr(read_text(DUMP), "adopted"), "debugfs: the domain is adopted", "%s", text);
	expect_step("iommu_liveupdate_adopt");
	story_finish();
	expect("incoming_devices", 0, "after finish");
	ok(strstr(read_text(DUMP), "incoming: nothing"), "debugfs: nothing waits any more", "%s",
	   text);
	expect_step("iommu_liveupdate_finish_device");
	story_end();
}

SCENARIO(.name = "visible", .cmdline = "trace_event=iommu_liveupdate",
	 .before = before, .after = after);
