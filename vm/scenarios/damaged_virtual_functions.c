// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function, a virtual function of it, and a NIC, in three VMs. In each of twelve updates
 * the record of the physical or the virtual function is damaged in one field. A damaged SR-IOV
 * capability isolates the physical function, and its virtual functions are disabled. A damaged
 * record of the virtual function isolates that one only. The NIC receives all, and both functions
 * serve the next VMs.
 *
 * promise: 6, 9, mismatch
 * red when: the rule of a row is left out (`pci_lu_iov_valid`, `pci_lu_iov_same`, `pci_lu_compare`):
 *   the functions are taken over, and with a wrong size of a BAR the next VM cannot map it. Each was
 *   tried but the number of virtual functions, which does not fit the last bus either
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/records.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

enum { PHYSICAL, VIRTUAL, HEALTHY, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1, .nvirtual = 1 },
	{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm2", .first_device = 2, .ndevices = 1, .nspaces = 1 },
};

static const struct expected {
	struct damage damage;
	unsigned int victim;
} table[] = {
#define IOV(member, ...)						\
	.damage = { .where = DAMAGE_PCI, MEMBER(pci_dev_ser, iov.member), .seal = true,	\
		    __VA_ARGS__ }
#define VF(member, ...)							\
	.victim = VIRTUAL, .damage = { .where = DAMAGE_PCI, MEMBER(pci_dev_ser, member),	\
				       .seal = true, __VA_ARGS__ }
	{ IOV(ctrl, .what = "virtual functions that are off", .value = 1, .flip = true) },
	{ IOV(ctrl, .what = "another ARI hierarchy", .value = 0x10, .flip = true) },
	{ IOV(num_vfs, .what = "more virtual functions than there can be", .value = 0xffff) },
	{ IOV(num_vfs, .what = "no virtual functions", .value = 0) },
	{ IOV(offset, .what = "another offset", .value = 2, .flip = true) },
	{ IOV(stride, .what = "another stride", .value = 2, .flip = true) },
	{ IOV(page_size, .what = "another page size", .value = 3, .flip = true) },
	{ IOV(last_bus, .what = "a bus beyond the bridge", .value = 0xff) },
	{ IOV(bar[4], .what = "a BAR elsewhere", .value = 0x100000, .flip = true) },
	{ IOV(bar_size[4], .what = "a BAR of a size that is no power of two", .value = 0x3000) },
	{ IOV(reserved[0], .what = "reserved bits", .value = 1) },
	{ VF(header[4], .what = "a virtual function with a BAR", .value = 0x100000, .flip = true) },
};

#define UPDATES ((int)ARRAY_SIZE(table))

static const struct expected *expected(void)
{
	return &table[state_get()->updates - 1];
}

/* The scenario judges both functions itself. */
static void ours_alone(void)
{
	state_get()->vm[PHYSICAL].discarded = true;
	state_get()->vm[VIRTUAL].discarded = true;
}

static void leave(void)
{
	struct state *state = state_get();
	const struct expected *next = &table[state->updates];

	damage_forget_records();
	ours_alone();
	story_preserve();
	damage_order(&next->damage, &state->vm[next->victim], &state->vm[HEALTHY]);
	story_leave();
}

static void before(void)
{
	story_begin(shapes, VMS);
	kexec_keep_next();
	leave();
}

static void fact(bool holds, const char *name)
{
	char text[120];

	snprintf(text, sizeof(text), "%s: %s", expected()->damage.what, name);
	ok(holds, text, "it does not hold");
}

static void discard(unsigned int i, int why)
{
	struct vm_data *data = &state_get()->vm[i];
	int session = luo_retrieve(data->session);
	int dev = luo_retrieve_fd(session, TOKEN_DEVICE(0));

	fact(dev == why, i == PHYSICAL ? "the physical function cannot be retrieved" :
					 "the virtual function cannot be retrieved");
	mark_nic(i, "quiet");
	ok_rc(luo_discard(session), "its session is discarded");
	close(session);
}

static void use_again(unsigned int i)
{
	struct vm *vm = story_vm(i);

	vm_create(vm, &state_get()->vm[i], &shapes[i]);
	mark_nic(i, "used");
	vm_start_reception(vm);
	if (shapes[i].nvirtual)
		vm_enable_virtual(vm, shapes[i].nvirtual);
	ok_rc(vm_mark(vm), "the function can be used, and marked for the next update");
}

/* The physical function is isolated, and with it all virtual functions */
static void physical_is_lost(void)
{
	const char *bdf = state_get()->vm[PHYSICAL].device[0].bdf;

	fact(!pci_bus_master(bdf), "the physical function is isolated");
	fact(!pci_exists(state_get()->vm[VIRTUAL].device[0].bdf), "it has no virtual function");
	discard(VIRTUAL, -ENODEV);
	discard(PHYSICAL, -EIO);
	use_again(PHYSICAL);
}

static void virtual_is_lost(void)
{
	struct state *state = state_get();

	fact(!pci_bus_master(state->vm[VIRTUAL].device[0].bdf), "the virtual function is isolated");
	story_take_over(story_vm(PHYSICAL));
	fact(pci_bus_master(state->vm[PHYSICAL].device[0].bdf), "the physical one is not");
	discard(VIRTUAL, -EIO);
}

static void after(void)
{
	story_arrive();
	if (expected()->victim == PHYSICAL)
		physical_is_lost();
	else
		virtual_is_lost();
	story_take_over(story_vm(HEALTHY));
	use_again(VIRTUAL);
	if ((int)state_get()->updates < UPDATES)
		leave();
	ours_alone();
	story_end();
}

SCENARIO(.name = "damaged_virtual_functions", .nics = "virtio,vf:virtio,igb", .discarded = "0,1",
	 .cmdline = "vfio-pci.enable_sriov=1 lu.rate=50", .updates = UPDATES, .timeout = 300,
	 .before = before, .after = after);
