// SPDX-License-Identifier: GPL-2.0
/*
 * Between retrieve and adoption no pin of iommufd protects the VM's memory, yet its NIC writes to
 * it. Compaction, huge pages, memory pressure and truncation do not move or free it.
 *
 * promise: waiting
 * red when: a folio has a reference from retrieve on (`memfd_luo_restore_folio`): compaction
 *   moves 512 pages, the table is not adopted; 16,293 of 28,141 frames lost
 */
#include <errno.h>
#include <unistd.h>

#include "device/nic.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void in_place(const char *name)
{
	uint64_t n = tables_astray(story_vm(0), 0);

	ok(!n, name, "%llu pages are not", (unsigned long long)n);
}

static void upheaval(int fd)
{
	uint64_t n = memory_compact();

	fig("moved_elsewhere", n);
	ok(n > 0, "compaction moves ordinary memory", "not a page");
	ok_rc(memory_collapse_other(), "ordinary memory can be collapsed into a huge page");
	ok(memory_collapse(fd) < 0, "the NIC's memory cannot", "it can");
	memory_drop_caches();
	memory_pressure();
	ok_errno(ftruncate(fd, PAGE) ? -errno : 0, EPERM, "the memory cannot be cut short");
	ok_errno(ftruncate(fd, RING_SIZE + PAGE) ? -errno : 0, EPERM, "nor made longer");
}

static void after(void)
{
	story_arrive();
	story_retrieve();
	in_place("the NIC's memory is where it writes when retrieved");
	upheaval(story_vm(0)->mem_fd[story_vm(0)->device[0].place->mem]);
	in_place("and still is after compaction and pressure");
	story_adopt();
	story_finish();
	story_end();
}

SCENARIO(.name = "memory_stays_in_place", .mem = 768, .timeout = 150,
	 .before = before, .after = after);
