// SPDX-License-Identifier: GPL-2.0
/*
 * An update is cancelled: the session is closed instead of the kexec. Operations that were refused
 * while the VM was preserved work again, no page and no preserved block is left over, DMA is not
 * disturbed, and the next preserve works.
 *
 * promise: 5
 * red when: an IOAS is immutable while it is preserved (`iopt_liveupdate_may_change`): mapping
 *   is not refused, and fails after the abort
 */
#include <errno.h>

#include "kapi/kho.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define ROUNDS	3

static void preserve_and_abort(struct vm *vm, uint64_t keys)
{
	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok(kho_preserved_keys() > keys, "memory is marked to be kept", "none is");
	ok(kho_records() > 0, "and there are records of it", "there are none");
	ok_errno(vm_map_spare(vm, vm->mem_fd[VM_RAM]), EBUSY, "mapping is refused while preserved");
	vm_call_off(vm);
}

static void before(void)
{
	struct vm *vm = story_vm(0);
	uint64_t keys, pages;
	int i;

	story_begin(one_nic_each, 1);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "a range can be mapped");
	ok_rc(vm_unmap_spare(vm), "and unmapped");
	keys = kho_preserved_keys();
	pages = vmstat("nr_iommu_pages");
	mark("preserve.begin");
	for (i = 0; i < ROUNDS; i++) {
		preserve_and_abort(vm, keys);
		ok(kho_preserved_keys() == keys, "after the abort no memory is marked any more",
		   "%llu blocks, %llu before", (unsigned long long)kho_preserved_keys(),
		   (unsigned long long)keys);
		ok(kho_records() == 0, "and no record is left", "%llu are",
		   (unsigned long long)kho_records());
		ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "mapping works again after the abort");
		ok_rc(vm_unmap_spare(vm), "and unmapping");
	}
	mark("preserve.end");
	mark("finish.begin");
	mark("finish.end");
	story_traffic("lu.post");
	ok(vmstat("nr_iommu_pages") == pages, "no page-table page is left over",
	   "%lu pages, %llu before", vmstat("nr_iommu_pages"), (unsigned long long)pages);
	story_judge();
	story_close(vm);
}

SCENARIO(.name = "abort_leaves_no_trace", .before = before);
