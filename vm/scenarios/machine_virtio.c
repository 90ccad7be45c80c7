// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario run with a virtio-net: its rings are in memory only, and no register of it says
 * how far it is. Its receive ring has 1024 entries, so the rate is low.
 *
 * promise: 1
 * red when: bus mastering stays on during the kexec (`pci_liveupdate_keeps_master`): it
 *   is off when the next kernel starts, and the NIC is isolated
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "machine_virtio", .nics = "virtio", .before = before, .after = story_after);
