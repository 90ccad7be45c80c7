// SPDX-License-Identifier: GPL-2.0
/*
 * Two virtual functions in two VMs are preserved after their physical function. Then the process
 * that holds the physical function calls it off. Its own DMA ends with the previous kernel; its
 * virtual functions receive all through the update.
 *
 * promise: 1, 7
 * red when: the SR-IOV capability is taken over without a write (`pci_liveupdate_adopt_iov`): no VM
 *   is restored, the virtual functions do not exist
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

enum { PHYSICAL, FIRST, SECOND, VMS };

static void preserve_all(void)
{
	struct vm *vm;

	phase("preserve.begin");
	for_each_vm(vm) {
		ok_rc(vm_mark(vm), "the HWPT is marked");
		ok_rc(vm_preserve(vm), "the VM is preserved in its session");
	}
	phase("preserve.end");
}

static void before(void)
{
	struct vm *pf = story_vm(PHYSICAL);

	story_begin_virtual(VMS - 1);
	preserve_all();
	vm_call_off(pf);
	ok_errno(pci_set(pf->device[0].place->bdf, "reset", "1"), EBUSY,
		 "the physical function is not reset when it is called off");
	pf->data->preserved = false;
	ok_rc(vm_preserve(pf), "only the memory of its process is preserved");
	tables_record();
	story_leave();
}

static void after(void)
{
	const char *bdf;

	story_arrive();
	bdf = state_get()->vm[PHYSICAL].device[0].bdf;
	ok(!pci_bus_master(bdf), "the physical function does no DMA", "it is bus master");
	ok_errno(pci_set(bdf, "sriov_numvfs", "0"), EBUSY,
		 "its virtual functions cannot be taken away");
	ok_rc(pci_try_bind(bdf, "vfio-pci"), "vfio-pci can have it");
	story_go_on();
}

SCENARIO(.name = "virtual_functions_alone", .nics = "virtio,vf:virtio,vf:virtio",
	 .unpreserved = "0", .cmdline = "vfio-pci.enable_sriov=1", .timeout = 150,
	 .before = before, .after = after);
