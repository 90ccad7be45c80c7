// SPDX-License-Identifier: GPL-2.0
/* Two VMs, each with an iommufd, a NIC and a session of its own, in one update. */
#include "scenario.h"
#include "story.h"

static void before(void)
{
	static const struct vm_shape vms[] = {
		{ .session = "vm0", .first_nic = 0, .nnics = 1, .nspaces = 1 },
		{ .session = "vm1", .first_nic = 1, .nnics = 1, .nspaces = 1 },
	};

	story_before(vms, 2);
}

SCENARIO(.name = "two_sessions", .nics = "igb,igb", .timeout = 120,
	 .before = before, .after = story_after);
