// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs with a domain each, in one iommufd and one session; `lu.nics=` for up to four.
 *
 * promise: 1
 */
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	const unsigned int nics = cmdline_number("lu.nics", 2);
	const struct vm_shape vm = { .session = "vm0", .ndevices = nics, .nspaces = nics };

	story_before(&vm, 1);
}

SCENARIO(.name = "two_nics_one_session", .nics = "igb,e1000e", .timeout = 120,
	 .before = before, .after = story_after);
