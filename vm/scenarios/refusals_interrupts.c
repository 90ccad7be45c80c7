// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel that does not remap interrupts lets a VM have its NIC on request, and does not preserve
 * it: AMD-Vi could not block the NIC's interrupts. Nothing of the VM stays preserved.
 *
 * promise: 4, 5
 * red when: the rule is left out (`amd_lu_check_device`): expected "Operation not supported", got
 *   "Success"
 */
#include <errno.h>

#include "device/extra.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	struct vm *vm = story_alone();
	struct dma_device *nic = &vm->device[0];

	ok_rc(vm_mark(vm), "the HWPT can be marked");
	extra_open_session(vm);
	klog_skip();
	refused(luo_preserve_fd(vm->session, nic->dev, TOKEN_DEVICE(0)), EOPNOTSUPP,
		"not preserved: IOMMU does not remap interrupts", "the NIC is refused");
	vm_call_off(vm);
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "another range can be mapped");
	ok_rc(vm_unmap_spare(vm), "and unmapped");
	story_close(vm);
}

SCENARIO(.name = "refusals_interrupts",
	 .cmdline = "intremap=off iommufd.allow_unsafe_interrupts=1", .platform = "amd",
	 .before = before);
