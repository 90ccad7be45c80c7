// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs, nine updates. In each update the second VM's VMM is killed one step later in its
 * restore, and its session is discarded: the device stops and can be used as any other, the memory
 * is freed, the first VM is not disturbed.
 *
 * promise: 7, 9
 * red when: the device stays awake while it is reset (`pm_runtime_get_sync`): now and then the
 *   device does not answer, it was put to sleep during the reset
 * red when: AMD-Vi does not reserve domain ids (`amd_lu_reserve_id`): two domains have the same id, and
 *   the next update isolates their devices
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/crash.h"
#include "story/story.h"

static void before(void)
{
	story_before_series(one_nic_each, 2);
}

static uint64_t memory_of(const struct vm_data *data)
{
	uint64_t size = 0;
	unsigned int i;

	for (i = 0; i < data->nmems; i++)
		size += data->mem_size[i];
	return size;
}

static void discard_session(struct vm_data *data)
{
	const char *bdf = data->device[0].bdf;
	uint64_t before = memory_free();
	int session = luo_try_retrieve(data->session);
	int gone;

	ok(session >= 0, "the session of the dead VMM can be retrieved", "error %d", -session);
	ok_rc(luo_discard(session), "and discarded");
	close(session);
	ok_nic(1, !pci_bus_master(bdf), "the device is stopped", "it is bus master");
	mark_nic(1, "quiet");
	ok(memory_free() + MIB >= before + memory_of(data), "its memory is free again",
	   "%llu bytes free before, %llu after", (unsigned long long)before,
	   (unsigned long long)memory_free());
	gone = luo_try_retrieve(data->session);
	ok_errno(gone, ENOENT, "the session is gone");
}

static void after(void)
{
	struct state *state;

	story_arrive();
	state = state_get();
	crash_after(&state->vm[1], state->updates);
	discard_session(&state->vm[1]);
	story_take_over(story_vm(0));
	story_receive_again(1);
	if (state->updates < CRASH_ARM) {
		story_preserve();
		story_leave();
	}
	story_discard_from(1);
	story_end();
}

SCENARIO(.name = "discarded_session", .nics = "igb,igb", .discarded = "1",
	 .cmdline = "lu.rate=300", .updates = CRASH_ARM, .timeout = 200,
	 .before = before, .after = after);
