// SPDX-License-Identifier: GPL-2.0
/*
 * A live update to be measured: no traffic, no looking into tables, nothing but the steps.
 *
 * Steps that can be repeated in one kernel are, bench.reps times (preserve and unpreserve,
 * bare KHO, mapping from scratch); the kexec is done once, the runner repeats the run. Without
 * bench.preserve the devices are left behind and the sessions hold memory alone, as they
 * can on a stock kernel too.
 *
 * Pause: from the tick before reboot(2) to the tick at which memory, iommufds and devices of
 * all sessions are back and bound: from then on a VMM can run its vCPUs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"

/* All sessions, one kind of file after the other, each kind timed */
static void preserve_all(void)
{
	struct bench_session *s;
	uint64_t began = ticks();

	for_each_session(s)
		bench_preserve_memory(s, s - bench_sessions());
	say_ticks("preserve_memory", began);
	if (!bench()->preserve)
		return;
	trace_clear();
	began = ticks();
	for_each_session(s)
		bench_preserve_iommufd(s);
	say_ticks("preserve_iommufd", began);
	say("preserve_tables", trace_ns("iommu_liveupdate_preserve_domain"));
	began = ticks();
	for_each_session(s)
		bench_preserve_devices(s);
	say_ticks("preserve_devices", began);
}

static void take_back(void)
{
	struct bench_session *s;
	uint64_t began = ticks();

	for_each_session(s)
		close(s->session);
	say_ticks("unpreserve", began);
}

static struct bench_tables all_tables(void)
{
	struct bench_tables sum = {}, one;
	struct bench_session *s;

	for_each_session(s) {
		one = bench_tables(s);
		sum.pages += one.pages;
		sum.bytes += one.bytes;
	}
	return sum;
}

/* Memory that preserve needs, counted step by step */
static void count(void)
{
	struct bench_session *s;
	const uint64_t leaves = bench()->size * bench()->devices / (2 * MIB);	/* of 2 MiB */
	struct bench_tables tables;
	uint64_t keys = kho_preserved_keys(), without;

	without = keys;
	for_each_session(s)
		bench_preserve_memory(s, s - bench_sessions());
	keys = kho_preserved_keys();
	say("memory_keys", keys - without);
	for_each_session(s)
		bench_preserve_iommufd(s);
	say("table_keys", kho_preserved_keys() - keys);
	for_each_session(s)
		bench_preserve_devices(s);
	say("keys", kho_preserved_keys() - keys);
	say("records", kho_records());
	say("record_bytes", kho_record_bytes());
	tables = all_tables();
	say("table_pages", tables.pages);
	ok(bench()->huge ? tables.pages < leaves / 256 + 8 * bench()->devices :
	   tables.pages > leaves,
	   "the leaves are of the size asked for", "%llu table pages",
	   (unsigned long long)tables.pages);
	say("mapped", tables.bytes);
	for_each_session(s)
		close(s->session);
}

static void repeat(void)
{
	uint64_t pages;
	uint32_t i;

	preserve_all();
	pages = all_tables().pages;
	take_back();
	for (i = 1; i < bench()->reps; i++) {
		preserve_all();
		take_back();
		bench_bare(pages);
	}
	bench_bare(pages);
}

static void before(void)
{
	struct bench_session *s;

	bench_share_devices();
	bench_prepare_memory();
	for_each_session(s)
		bench_build(s);
	say("iommu_pages", vmstat("nr_iommu_pages"));
	if (bench()->preserve) {
		count();
		repeat();
	}
	preserve_all();
	kexec_load_next(1);
	say_clock();
	say("reboot", ticks());
	kexec_go();
}

static void retrieve_all(void)
{
	struct bench_session *s;
	uint64_t began = ticks();

	for_each_session(s)
		bench_retrieve_memory(s, s - bench_sessions());
	say_ticks("retrieve_memory", began);
	if (!bench()->preserve)
		return;
	began = ticks();
	for_each_session(s)
		bench_retrieve_iommufd(s);
	say_ticks("retrieve_iommufd", began);
	began = ticks();
	for_each_session(s)
		bench_retrieve_devices(s);
	say_ticks("retrieve_devices", began);
}

static void adopt_all(void)
{
	struct bench_session *s;
	struct bench_device *d;
	uint64_t began;

	for_each_session(s)
		for_each_bench_device(s, d) {
			began = ticks();
			bench_map(s, d);
			say_ticks("map_file", began);
			began = ticks();
			bench_adopt(s, d);
			say_ticks("adopt", began);
			ok_rc(vfio_attach(d->fd, d->hwpt), "the device is attached");
		}
}

static void finish_all(void)
{
	struct bench_session *s;
	uint64_t began = ticks();

	for_each_session(s)
		ok_rc(luo_finish(s->session), "the session is finished");
	say_ticks("finish", began);
}

/* Beside adoption, in the same kernel: the same mappings into a new HWPT */
static void from_scratch(void)
{
	struct bench_session *s = bench_sessions();
	struct bench_device again = s->device[0];
	uint32_t i;

	bench_map(s, &again);
	for (i = 0; i < bench()->reps; i++)
		bench_fill(s, &again);
}

static void after(void)
{
	uint64_t born = ticks();

	bench_share_devices();
	retrieve_all();
	say("running", ticks());
	say("born", born);
	say_clock();
	say("restore_domains", trace_ns("iommu_liveupdate_restore_domain"));
	say("attach_devices", trace_ns("iommu_liveupdate_attach_device"));
	say("retrieve_steps", trace_ns("iommu_liveupdate_retrieve_device"));
	if (bench()->preserve)
		adopt_all();
	finish_all();
	if (bench()->preserve)
		from_scratch();
}

/* One CPU, so that ticks are instructions of one thread; more devices come from the runner. */
SCENARIO(.name = "bench_update", .cmdline = "trace_event=iommu_liveupdate nokaslr",
	 .nics = "root:e1000e", .smp = 1, .timeout = 600, .before = before, .after = after);
