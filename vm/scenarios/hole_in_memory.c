// SPDX-License-Identifier: GPL-2.0
/*
 * Between retrieve and adoption a hole is punched into memory that the NIC may write to. The page
 * is then no longer in the file; adoption is refused and names the IOVA, and the page is not given
 * to another user.
 *
 * promise: 4
 * red when: a pinned folio must still be in its file (`mapping` in `memfd_luo_held_end`): a table
 *   is adopted that maps a page which was punched out
 */
#include <errno.h>

#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "os/memory.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define HOLE	(2 * MIB + 5 * PAGE)	/* in the VM's RAM */

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void hole(struct vm *vm, const uint64_t *word)
{
	uint64_t phys = phys_of(word), was = *word;

	ok_rc(memory_punch_hole(vm->mem_fd[VM_RAM], HOLE, PAGE), "a hole can be punched");
	ok(!*word, "the file has lost its contents", "it has not");
	vm_ram_fill(vm);
	ok(phys_of(word) != phys, "the file has another page there", "it has not");
	memory_pressure();
	ok(phys_read_u64(phys) == was, "the page that a NIC may write to has no other user",
	   "it holds 0x%llx", (unsigned long long)phys_read_u64(phys));
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	struct adoption got;

	story_arrive();
	story_retrieve();
	hole(vm, (uint64_t *)(vm->mem[VM_RAM] + HOLE));
	vm_map_space(vm, 0);
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got), EBADE,
		 "the table cannot be adopted with the other page");
	ok(got.bad_iova == VM_RAM_IOVA + HOLE, "and that page is named", "IOVA 0x%llx",
	   (unsigned long long)got.bad_iova);
	mark("finish.begin");
	ok_errno(luo_finish(vm->session), EBUSY, "and the session cannot be finished");
	mark("finish.end");
	story_traffic("lu.post");
	story_judge();
}

SCENARIO(.name = "hole_in_memory", .mem = 768, .timeout = 150,
	 .before = before, .after = after);
