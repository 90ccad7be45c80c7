// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel does not find the first NIC, and its IOMMU driver cannot probe the second one.
 * Both go on receiving. Translation stays on and blocks both of them, so that the memory of their
 * VMs can be freed and used for something else when the sessions are discarded.
 *
 * promise: 6
 * red when: a device that was not found gets no entry (an earlier kernel, without
 *   `iommu_lu_was_found`): 3,703 words of a process were changed
 * red when: devices that were not found or not probed are isolated (`iommu_lu_was_found`,
 *   `iommu_lu_reject_unprobed`; both in one kernel): both NICs go on, the second one as bus master,
 *   and 8,176 words of a process are changed
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "iommu/platform.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define HIDDEN		0
#define NOT_PROBED	1
#define NICS		2

static void before(void)
{
	story_begin(one_nic_each, NICS);
	story_discard_from(0);
	story_preserve();
	story_leave();
}

static void discard(struct state *state, unsigned int i, int expected)
{
	int session = luo_retrieve(state->vm[i].session);

	ok_errno(luo_retrieve_fd(session, TOKEN_DEVICE(0)), expected, "the NIC cannot be retrieved");
	ok_rc(luo_discard(session), "its session is discarded");
	close(session);
}

static void after(void)
{
	struct state *state = state_retrieve();
	uint64_t changed;
	unsigned int i;

	ok(platform()->translating(), "translation has stayed on", "it is off");
	ok(klog_said("isolated: device was not found by this kernel"),
	   "the kernel says that it did not find a NIC", "it does not");
	ok(klog_said("isolated: device was not probed"), "and that it could not probe the other",
	   "it does not");
	ok_nic(NOT_PROBED, !pci_bus_master(state->vm[NOT_PROBED].device[0].bdf), "the NIC is stopped",
	       "it is bus master");
	for (i = 0; i < NICS; i++)
		mark_nic(i, "quiet");
	discard(state, HIDDEN, ENODEV);
	discard(state, NOT_PROBED, EIO);
	state_finish();
	changed = memory_words_changed(600 * MIB);
	ok(!changed, "memory that a process gets afterwards is its own",
	   "%llu words were changed", (unsigned long long)changed);
}

SCENARIO(.name = "device_missing_next", .nics = "igb,igb", .cmdline = "lu.rate=300",
	 .cmdline2 = "kho_damage_hide=0100 kho_damage_probe=0200", .discarded = "0,1",
	 .timeout = 120, .before = before, .after = after);
