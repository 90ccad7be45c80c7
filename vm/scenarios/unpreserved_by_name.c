// SPDX-License-Identifier: GPL-2.0
/*
 * An operator unpreserves the session of a VMM by its name, without a descriptor of it. The
 * VMM keeps its session, but nothing is preserved any more, and the session takes no files. A new
 * session can preserve the VM.
 *
 * promise: 5
 * red when: the kernel has no such ioctl: ENOTTY
 */
#include <errno.h>

#include "kapi/iommufd.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	struct vm *vm = story_alone();

	ok_rc(vm_mark(vm), "the HWPT is marked");
	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_errno(vm_map_spare(vm, vm->mem_fd[VM_RAM]), EBUSY, "mapping is refused while preserved");
	ok_errno(luo_unpreserve("no such session"), ENOENT, "another name is unknown");
	ok_rc(luo_unpreserve(vm->data->session), "the operator unpreserves the session by its name");
	ok(kho_records() == 0, "no record is left", "%llu are", (unsigned long long)kho_records());
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "mapping works again");
	ok_rc(vm_unmap_spare(vm), "and unmapping");
	ok_errno(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD), ECANCELED,
		 "the session takes no files");
	ok_rc(luo_unpreserve(vm->data->session), "to unpreserve it again is allowed");
	vm_call_off(vm);
	ok_errno(luo_unpreserve(vm->data->session), ENOENT, "a closed session is unknown");
	ok_rc(vm_preserve(vm), "a new session can preserve the VM");
	vm_call_off(vm);
	story_close(vm);
}

SCENARIO(.name = "unpreserved_by_name", .before = before);
