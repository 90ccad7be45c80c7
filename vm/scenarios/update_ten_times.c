// SPDX-License-Identifier: GPL-2.0
/*
 * Ten updates in a row, and nothing grows: neither table pages nor the memory in use. Each
 * kernel compares entries, tables and domain ids with the record of the one before.
 */
#include "kexec.h"
#include "memory.h"
#include "report.h"
#include "scenario.h"
#include "story.h"
#include "util.h"

#define UPDATES	10

static void before(void)
{
	static const struct vm_shape vm = { .session = "vm0", .nnics = 1, .nspaces = 1 };

	story_begin(&vm, 1);
	kexec_keep_next();
	story_preserve();
	story_leave();
}

static void compare(struct state *state, uint64_t pages, uint64_t available)
{
	ok(pages <= state->iommu_pages, "ten updates take no more table pages than one",
	   "%llu, not %llu", (unsigned long long)pages, (unsigned long long)state->iommu_pages);
	ok(available + MIB >= state->available, "and leave as much memory, give or take a MiB",
	   "%llu bytes, not %llu", (unsigned long long)available,
	   (unsigned long long)state->available);
	diag("%lld bytes more in use", (long long)(state->available - available));
}

static void after(void)
{
	struct state *state;

	story_arrive();
	story_retrieve();
	story_adopt();
	story_finish();
	state = state_get();
	if (state->updates == UPDATES)
		compare(state, vmstat("nr_iommu_pages"), memory_available());
	if (state->updates == 1) {
		state->iommu_pages = vmstat("nr_iommu_pages");
		state->available = memory_available();
	}
	if (state->updates < UPDATES) {
		story_preserve();
		story_leave();
	}
	story_traffic("lu.post");
	story_judge();
	story_life();
}

SCENARIO(.name = "update_ten_times", .cmdline = "lu.rate=300", .updates = UPDATES,
	 .timeout = 150, .before = before, .after = after);
