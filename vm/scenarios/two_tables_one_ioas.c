// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs, two HWPTs, one IOAS: each NIC has its own table over the same mappings. In the
 * previous kernel the IOAS is immutable as long as one of the HWPTs is preserved; in the next
 * kernel both tables are adopted into one IOAS, and each must equal it when it is adopted.
 *
 * promise: 8
 * red when: the IOAS is immutable until both HWPTs are unpreserved
 *   (`iopt_liveupdate_may_change`): a mapping is added to the preserved tables, and the first
 *   one is not adopted
 */
#include <errno.h>
#include <string.h>

#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define TOKEN_SECOND	0xd0e000ull

/* The NIC receives all the while: its attachment is replaced, not taken away. */
static void second_table(struct vm *vm)
{
	uint32_t second;

	ok_rc(hwpt_alloc(vm->iommufd, vm->device[1].id, vm->ioas[0], &second),
	      "a second HWPT of the IOAS is made");
	ok_rc(vfio_attach(vm->device[1].dev, second), "for the second NIC");
	ok_rc(hwpt_mark(vm->iommufd, second, TOKEN_SECOND), "and marked");
}

static void before(void)
{
	static const struct vm_shape shape = { .session = "vm0", .ndevices = 2, .nspaces = 1 };
	struct vm *vm = story_vm(0);

	story_begin(&shape, 1);
	second_table(vm);
	ok_rc(vm_mark(vm), "the first HWPT is marked");
	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_errno(vm_map_spare(vm, vm->mem_fd[VM_RAM]), EBUSY, "the IOAS cannot be changed");
	vm_call_off(vm);
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "when both HWPTs are let go it can");
	ok_rc(vm_unmap_spare(vm), "and back");
	story_preserve();
	ok_errno(vm_map_spare(vm, vm->mem_fd[VM_RAM]), EBUSY, "then it cannot again");
	story_leave();
}

static void adopt_both(struct vm *vm, uint32_t *second)
{
	const uint64_t token = vm->data->space[0].token;
	struct adoption got;

	vm_map_space(vm, 0);
	ok_rc(hwpt_adopt(vm->iommufd, vm->ioas[0], token, &got), "the first table is adopted");
	vm->hwpt[0] = got.hwpt;
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "the IOAS is mapped more into");
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], TOKEN_SECOND, &got), EBADE,
		 "the second table is not like it now");
	ok(got.bad_iova == vm_spare.iova, "and that place is named", "0x%llx",
	   (unsigned long long)got.bad_iova);
	ok_rc(vm_unmap_spare(vm), "as before");
	ok_errno(luo_finish(vm->session), EBUSY, "it is too early to finish");
	ok_rc(hwpt_adopt(vm->iommufd, vm->ioas[0], TOKEN_SECOND, &got),
	      "the second table is adopted into the same IOAS");
	*second = got.hwpt;
}

static void end(struct vm *vm, uint32_t second)
{
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "the IOAS of both can be changed");
	ok_rc(vm_unmap_spare(vm), "and back");
	vfio_detach(vm->device[1].dev);
	ok_rc(iommufd_destroy(vm->iommufd, second), "the second HWPT can be destroyed");
	story_life();
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	uint32_t second;

	story_arrive();
	story_retrieve();
	adopt_both(vm, &second);
	ok_rc(vfio_attach(vm->device[0].dev, vm->hwpt[0]), "the first NIC is attached");
	ok_errno(vfio_attach(vm->device[1].dev, vm->hwpt[0]), EBUSY,
		 "the second cannot be attached to its table");
	ok_rc(vfio_attach(vm->device[1].dev, second), "but to its own");
	tables_compare("after adoption");
	story_finish();
	story_traffic("lu.post");
	story_judge();
	end(vm, second);
}

SCENARIO(.name = "two_tables_one_ioas", .nics = "igb,igb", .cmdline = "lu.rate=300",
	 .timeout = 120, .before = before, .after = after);
