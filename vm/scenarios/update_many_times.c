// SPDX-License-Identifier: GPL-2.0
/*
 * 25 updates in a row without growth: neither table pages nor records nor memory in use. Each
 * kernel compares entries, tables and domain ids with the record of the previous one. `make soak
 * N=200` makes more updates.
 *
 * promise: 9, 10
 */
#include "kapi/kho.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define UPDATES	25

static void before(void)
{
	story_before_series(one_nic_each, 1);
}

static int updates(void)
{
	return cmdline_number("lu.updates", UPDATES);
}

static void remember(struct state *state)
{
	state->iommu_pages = vmstat("nr_iommu_pages");
	state->left = memory_left();
	state->slab = memory_slab();
	state->records = kho_records();
}

/* Each update needs as much as the first did: table pages, records, slab, memory. */
static void compare(const struct state *state)
{
	uint64_t pages = vmstat("nr_iommu_pages"), slab = memory_slab();
	uint64_t left = memory_left(), records = kho_records();

	ok(pages <= state->iommu_pages, "the last update takes no more table pages than the first",
	   "%llu, not %llu", (unsigned long long)pages, (unsigned long long)state->iommu_pages);
	ok(records == state->records, "and no more records", "%llu, not %llu",
	   (unsigned long long)records, (unsigned long long)state->records);
	ok(slab <= state->slab + MIB, "the kernel's objects do not grow, give or take a MiB",
	   "%llu bytes, not %llu", (unsigned long long)slab, (unsigned long long)state->slab);
	ok(left + MIB >= state->left, "nor does other memory in use",
	   "%llu bytes, not %llu", (unsigned long long)left,
	   (unsigned long long)state->left);
	diag("%d updates: %lld bytes more in use, and %lld more in objects of the kernel",
	     state->updates, (long long)(state->left - left),
	     (long long)(slab - state->slab));
}

static void after(void)
{
	struct state *state;

	story_arrive();
	story_retrieve();
	story_adopt();
	story_finish();
	state = state_get();
	if (state->updates == 1)
		remember(state);
	if ((int)state->updates == updates())
		compare(state);
	if ((int)state->updates < updates()) {
		story_preserve();
		story_leave();
	}
	story_end();
}

SCENARIO(.name = "update_many_times", .cmdline = "lu.rate=200", .updates = UPDATES,
	 .timeout = 260, .before = before, .after = after);
