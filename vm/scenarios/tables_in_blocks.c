// SPDX-License-Identifier: GPL-2.0
/*
 * The many pages of a table lie in few blocks of memory: the next kernel is handed one key for
 * each block, not one for each page. Unmapping frees table pages, before the update and after it.
 *
 * promise: 2
 * red when: tables come from blocks (`cookie_type` in `pt_liveupdate_alloc_table`): pages outside
 *   blocks are not preserved: the table is another one in the next kernel, adoption fails
 * red when: a freed page goes back to its block (the hook of `iommu_pages_put` in
 *   `__iommu_free_desc`): more tables preserved than the walk finds, the device is isolated
 * red when: an empty block goes back (`block_free` in `iommu_pages_put`): unmapped, but almost
 *   nothing more is free, in both kernels
 */
#include <unistd.h>

#include "kapi/iommufd.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define TABLES		192
#define SLOT		(2 * MIB)	/* mapped by one table of 4 KiB leaves */
#define MOST_KEYS	12		/* blocks of 8, 8, 16, 32 pages; the top; records */

/* The same memory in as many slots, not aligned to them: in leaves of 4 KiB */
static void map_slots(struct vm *vm)
{
	struct area slot = { .offset = PAGE, .length = SLOT, .mem = VM_RAM };
	unsigned int i;
	uint64_t pages = vmstat("nr_iommu_pages");
	int rc = 0;

	for (i = 0; i < TABLES && rc >= 0; i++) {
		slot.iova = VM_FREE_IOVA + i * SLOT;
		rc = ioas_map(vm->iommufd, vm->ioas[0], vm->mem_fd[VM_RAM], &slot);
	}
	ok_rc(rc, "memory is mapped in each slot");
	pages = vmstat("nr_iommu_pages") - pages;
	ok(!vm->hwpt[0] || pages >= TABLES, "and has a table for it", "%llu more",
	   (unsigned long long)pages);
}

static void keys_are_few(struct vm *vm)
{
	int session = luo_create("trial");
	uint64_t keys;
	unsigned int i;

	for (i = 0; i < vm->data->nmems; i++)
		ok_rc(luo_preserve_fd(session, vm->mem_fd[i], TOKEN_MEM(i)), "a memfd is kept");
	keys = kho_preserved_keys();
	ok_rc(luo_preserve_fd(session, vm->iommufd, TOKEN_IOMMUFD), "and the iommufd");
	keys = kho_preserved_keys() - keys;
	ok(keys <= MOST_KEYS, "few keys of the handover are enough for all tables", "%llu keys",
	   (unsigned long long)keys);
	close(session);
}

/* The rest of the kernel takes and frees some pages meanwhile: far fewer than half of these. */
static void unmapping_gives_back(struct vm *vm)
{
	uint64_t pages = vmstat("nr_iommu_pages"), bytes = memory_left();

	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], VM_FREE_IOVA, TABLES * SLOT),
	      "the slots are unmapped");
	ok(vmstat("nr_iommu_pages") + TABLES <= pages, "their tables are gone",
	   "%llu pages, %llu before", (unsigned long long)vmstat("nr_iommu_pages"),
	   (unsigned long long)pages);
	ok(memory_left() >= bytes + TABLES * PAGE / 2, "and the memory is free",
	   "%llu bytes free, %llu before", (unsigned long long)memory_left(),
	   (unsigned long long)bytes);
}

static void before(void)
{
	struct vm *vm = story_vm(0);

	story_begin(one_nic_each, 1);
	map_slots(vm);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	keys_are_few(vm);
	unmapping_gives_back(vm);
	map_slots(vm);
	story_preserve();
	story_leave();
}

static void after(void)
{
	struct vm *vm = story_vm(0);

	story_arrive();
	story_retrieve();
	vm_map_space(vm, 0);
	map_slots(vm);
	story_adopt();
	story_finish();
	unmapping_gives_back(vm);
	story_traffic("lu.post");
	story_judge();
	story_life();
}

SCENARIO(.name = "tables_in_blocks", .cmdline = "lu.rate=300", .before = before, .after = after);
