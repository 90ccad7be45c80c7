// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario run with an NVMe controller. All of its reads are submitted before the kexec, and
 * the drive answers them one by one, before, in and after the gap: each completes exactly once,
 * with the right block. A request for events waits all the time and completes with the first
 * event, which the next kernel's VM causes. A second drive takes two writes per second: those
 * under way at the kexec complete once each, and the next kernel's VM reads what it wrote.
 *
 * promise: 1
 * red when: nothing is preserved (`--without-preserve`): 1,997 of 2,107 frames are lost
 * red when: the second drive keeps nothing (no `snapshot=on`): 0 of 17 blocks read as written
 * red when: a write is submitted twice (`to_store`): not each write completes once
 */
#include "device/nvme.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define EVENT_MS	10000

/* A namespace of the controller; what is written is kept in a file that has no name */
#define STORE									\
	"-drive if=none,id=store,driver=null-co,size=1048576,read-zeroes=on,snapshot=on,"	\
	"throttling.iops-write=2 -device nvme-ns,drive=store,bus=nic0,nsid=2"

static void begin_writes(void)
{
	const struct dma_device *d = &story_vm(0)->device[0];

	nvme_begin_writes(d);
	ok_nic(0, nvme_written(d) < NVME_WRITES / 2, "writes are outstanding",
	       "%u of %u are complete", nvme_written(d), NVME_WRITES);
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	ok_nic(0, !nvme_events(&story_vm(0)->device[0]), "a request for events is outstanding",
	       "it has completed");
	story_preserve();
	begin_writes();
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

static void written(void)
{
	const struct dma_device *d = &story_vm(0)->device[0];
	unsigned int n;

	ok_nic(0, nvme_await_writes(d), "each write completes once, in whichever kernel",
	       "%u completions of %u writes", nvme_written(d), NVME_WRITES);
	ok_nic(0, nvme_write_another(d), "a new write completes in the next kernel", "it does not");
	n = nvme_stored(d);
	ok_nic(0, n == NVME_WRITES + 1, "what is read in the next kernel is what was written",
	       "%u of %u blocks", n, NVME_WRITES + 1);
}

static void after(void)
{
	story_arrive();
	story_retrieve();
	if (!story_bare())
		fig_nic(0, "writes_at_retrieve", nvme_written(&story_vm(0)->device[0]));
	story_adopt();
	story_finish();
	if (!story_bare()) {
		event();
		written();
	}
	story_end();
}

SCENARIO(.name = "machine_nvme", .nics = "nvme", .qemu = STORE, .before = before,
	 .after = after);
