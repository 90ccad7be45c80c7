// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel finds no PCI device at all, and uses no IOMMU unit for lack of devices. The NIC
 * goes on receiving. The unit stays on and blocks it, so that the memory of its VM can be freed
 * and used for something else when the session is discarded.
 *
 * promise: 6
 * red when: a unit that the kernel ignores is turned off (`intel_liveupdate_block_unit`): 5,456
 *   frames reach memory untranslated
 */
#include <errno.h>
#include <unistd.h>

#include "iommu/platform.h"
#include "kapi/luo.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void after(void)
{
	struct state *state = state_retrieve();
	uint64_t changed;
	int session;

	mark_nic(0, "quiet");
	ok(platform()->translating(), "translation has stayed on", "it is off");
	session = luo_retrieve(state->vm[0].session);
	ok_errno(luo_retrieve_fd(session, TOKEN_DEVICE(0)), ENODEV, "the NIC cannot be retrieved");
	ok_rc(luo_discard(session), "the session is discarded");
	close(session);
	changed = memory_words_changed(600 * MIB);
	ok(!changed, "memory that a process gets afterwards is its own",
	   "%llu words were changed", (unsigned long long)changed);
}

SCENARIO(.name = "pci_off_next", .cmdline = "lu.rate=300", .cmdline2 = "pci=off",
	 .discarded = "0", .timeout = 120, .before = story_before_discard, .after = after);
