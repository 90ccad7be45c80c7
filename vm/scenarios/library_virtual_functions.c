// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function and its virtual function, each with a handle of libiolu, and bound with a VF
 * token. Both receive all through an update. Without the token, or with a wrong one, neither can be
 * added or restored, and nothing is lost by the attempt.
 *
 * promise: library, 7
 * red when: a device is bound without its token (`iolu_bind`, an earlier library): the virtual
 *   function cannot be added
 * red when: the VF token survives (`vfio_pci_lu_import_vf_token`): the right token is refused as
 *   not that of the physical function, no VM is restored
 */
#include <errno.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "lib/library.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define MISSING	"not bound: vfio-pci has the physical function, and no VF token is set"
#define WRONG	"not bound: VF token is not that of the physical function"
#define UNUSED	"not bound: VF token is set, and vfio-pci has no physical function"

enum { PHYSICAL, VIRTUAL, VMS };

static const uint8_t right[16] = { 0xc0, 0xff, 0xee }, wrong[16] = { 0xc0, 0xff };

static const char *bdf_of(unsigned int i)
{
	return state_get()->vm[i].device[0].bdf;
}

static void set_token(struct iolu_vm *vm, unsigned int i, const uint8_t *token)
{
	lib_must(vm, iolu_vm_set_vf_token(vm, bdf_of(i), token), "a VF token is set or removed");
}

/* -- the previous kernel -- */

static struct iolu_vm *build_physical(void)
{
	struct iolu_vm *vm = lib_new(PHYSICAL);

	pci_bind_vfio(bdf_of(PHYSICAL));
	set_token(vm, PHYSICAL, right);
	lib_furnish(vm, PHYSICAL, -1);
	ok_rc(pci_set(bdf_of(PHYSICAL), "sriov_numvfs", "1"), "the NIC gets a virtual function");
	return vm;
}

static struct iolu_vm *build_virtual(void)
{
	struct iolu_vm *vm = lib_new(VIRTUAL);
	const char *bdf = bdf_of(VIRTUAL);

	pci_bind_vfio(bdf);
	lib_refuses(vm, iolu_vm_add_device(vm, bdf), EACCES, MISSING,
		    "a virtual function is not added without the token");
	set_token(vm, VIRTUAL, wrong);
	lib_refuses(vm, iolu_vm_add_device(vm, bdf), EACCES, WRONG, "nor with a wrong one");
	set_token(vm, VIRTUAL, right);
	lib_furnish(vm, VIRTUAL, -1);
	return vm;
}

static void refuse_unused(struct iolu_vm *vm)
{
	char bdf[BDF_LEN];

	pci_find_device(EXTRA_E1000E, 0, bdf);
	pci_bind_vfio(bdf);
	lib_must(vm, iolu_vm_set_vf_token(vm, bdf, right), "another device has a token set");
	lib_refuses(vm, iolu_vm_add_device(vm, bdf), EINVAL, UNUSED, "which it does not need");
	lib_must(vm, iolu_vm_set_vf_token(vm, bdf, NULL), "the token is removed");
	lib_holds(vm, iolu_vm_add_device(vm, bdf), "and the device is added");
	lib_holds(vm, iolu_vm_remove(vm, IOLU_DEVICE, bdf), "and goes");
}

static void before(void)
{
	struct iolu_vm *vm[VMS];
	unsigned int i;

	lib_plan(state_create(), 1);
	vm[PHYSICAL] = build_physical();
	lib_plan(state_get(), VMS);
	vm[VIRTUAL] = build_virtual();
	refuse_unused(vm[VIRTUAL]);
	for (i = 0; i < VMS; i++)
		lib_show(vm[i], i);
	lib_receive(VMS);
	mark("preserve.begin");
	for (i = 0; i < VMS; i++)
		lib_must(vm[i], iolu_vm_save(vm[i]), "the VM is saved");
	mark("preserve.end");
	tables_record();
	story_leave();
}

/* -- the next kernel -- */

static struct iolu_vm *new_handle(unsigned int i)
{
	struct iolu_vm *vm = lib_new(i);

	iolu_vm_set_liveupdate_fd(vm, luo_device());
	return vm;
}

/* A virtual function that is in use keeps the physical function from a process without the token */
static void restore(unsigned int i)
{
	struct iolu_vm *vm = new_handle(i);

	lib_refuses(vm, iolu_vm_restore(vm), EACCES, MISSING, "no token is in the journal");
	iolu_vm_free(vm);
	vm = new_handle(i);
	set_token(vm, i, wrong);
	lib_refuses(vm, iolu_vm_restore(vm), EACCES, WRONG, "a wrong token is refused");
	set_token(vm, i, right);
	lib_must(vm, iolu_vm_restore(vm), "the same handle restores the VM with the right one");
	lib_show(vm, i);
	ok(vm_interrupt_arrives(&story_vm(i)->device[0]), "interrupts of the device arrive", "none");
	lib_must(vm, iolu_vm_finish(vm), "and finishes");
}

static void after(void)
{
	story_arrive();
	lib_expect(PHYSICAL);
	lib_expect(VIRTUAL);
	mark("finish.begin");
	restore(VIRTUAL);
	restore(PHYSICAL);
	mark("finish.end");
	tables_compare("after finish");
	story_traffic("lu.post");
	story_judge();
}

SCENARIO(.name = "library_virtual_functions", .nics = "virtio,vf:virtio",
	 .cmdline = "vfio-pci.enable_sriov=1",
	 .qemu = "-device pcie-root-port,id=a,chassis=9,slot=9,addr=09 -device e1000e,bus=a",
	 .before = before, .after = after);
