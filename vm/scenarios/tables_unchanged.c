// SPDX-License-Identifier: GPL-2.0
/*
 * The device's entries and every page of its table are the same, bit for bit, after each step of
 * the update. They are read from physical memory, starting at the IOMMU's root register.
 *
 * promise: 2
 * red when: a table is the same at two moments (a bit flipped between them through `/dev/mem`):
 *   tables differ
 */
#include "device/nic.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

static void before(void)
{
	story_begin(one_nic_each, 1);
	story_preserve();
	tables_compare("when preserved");
	story_leave();
}

static void verify(struct vm *vm)
{
	struct adoption got;

	vm_map_space(vm, 0);
	ok_rc(hwpt_verify(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got),
	      "the rebuilt IOAS equals the table");
	ok(got.bytes == VM_RAM_SIZE + RING_SIZE + (1 << 20), "every mapped byte was compared",
	   "%llu bytes", (unsigned long long)got.bytes);
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	struct vm_data *data;

	story_arrive();
	data = &state_get()->vm[0];
	pci_bind_vfio(data->device[0].bdf);
	tables_compare("after the driver was bound");
	mark("retrieve.begin");
	ok_rc(vm_retrieve(vm, data), "memory, iommufd and device are retrieved");
	mark("retrieve.end");
	tables_compare("after retrieve");
	mark("bind.begin");
	ok_rc(vm_bind(vm), "the device is bound to the retrieved iommufd");
	mark("bind.end");
	tables_compare("after bind");
	verify(vm);
	tables_compare("after verify");
	mark("adopt.begin");
	ok_rc(vm_adopt(vm), "the table is adopted");
	mark("adopt.end");
	tables_compare("after adopt");
	mark("attach.begin");
	ok_rc(vm_attach(vm), "the device is attached to the adopted HWPT");
	mark("attach.end");
	tables_compare("after attach");
	mark("finish.begin");
	ok_rc(vm_finish(vm), "the session is finished");
	mark("finish.end");
	tables_compare("after finish");
	story_end();
}

SCENARIO(.name = "tables_unchanged", .before = before, .after = after);
