// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario run with an NVMe controller. All of its reads are submitted before the kexec, and
 * the drive answers them one by one, before, in and after the gap: each completes exactly once,
 * with the right block. A request for events waits all the time and completes with the first
 * event, which the next kernel's VM causes.
 *
 * Not on AMD-Vi: there the shutdown resets the disk that serves as southbridge, and the emulator
 * stands still until all reads of all drives are complete.
 *
 * promise: 1
 * red when: nothing is preserved (`--without-preserve`): 1,997 of 2,107 frames are lost
 */
#include "device/nvme.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define EVENT_MS	1000

static void before(void)
{
	story_begin(one_nic_each, 1);
	ok_nic(0, !nvme_events(&story_vm(0)->device[0]), "a request for events is outstanding",
	       "it has completed");
	story_preserve();
	story_leave();
}

static void event(void)
{
	struct dma_device *d = &story_vm(0)->device[0];
	unsigned int before = nvme_events(d);
	int ms;

	nvme_cause_event(d);
	for (ms = 0; nvme_events(d) == before && ms < EVENT_MS; ms += 10)
		sleep_ms(10);
	ok_nic(0, !before && nvme_events(d) == 1,
	       "it completes in the next kernel, once, with the first event",
	       "%u completions before, %u after", before, nvme_events(d));
}

static void after(void)
{
	story_arrive();
	story_retrieve();
	story_adopt();
	story_finish();
	if (!story_bare())
		event();
	story_end();
}

SCENARIO(.name = "machine_nvme", .nics = "nvme", .platform = "vtd", .before = before,
	 .after = after);
