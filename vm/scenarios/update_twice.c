// SPDX-License-Identifier: GPL-2.0
/*
 * Two updates in a row: the adopted HWPT keeps its mark, so the second update preserves it without
 * a new mark and without growth.
 *
 * promise: 9, 10
 * red when: an adopted HWPT keeps its mark (`iommufd_lu_finish`): the second preserve is refused
 */
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before_series(one_nic_each, 1);
}

/* Adopted, finished, running: the IOMMU's memory is the same as one update ago. */
static void compare_growth(void)
{
	struct state *state = state_get();
	uint64_t pages = vmstat("nr_iommu_pages");

	if (state->updates > 1)
		ok(pages <= state->iommu_pages, "the second update takes no more table pages",
		   "%llu pages, %llu after the first update", (unsigned long long)pages,
		   (unsigned long long)state->iommu_pages);
	state->iommu_pages = pages;
}

static void after(void)
{
	story_arrive();
	story_retrieve();
	story_adopt();
	story_finish();
	compare_growth();
	story_traffic("lu.post");
	if (state_get()->updates < 2) {
		story_preserve();
		story_leave();
	}
	story_judge();
	story_life();
}

SCENARIO(.name = "update_twice", .updates = 2, .timeout = 150,
	 .before = before, .after = after);
