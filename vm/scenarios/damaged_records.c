// SPDX-License-Identifier: GPL-2.0
/*
 * Four VMs, fifteen updates, 45 kinds of damage. In each update three of the VMs hand over a
 * damaged record or table. Only these three are affected: they cannot be restored, their devices
 * are isolated, and after their sessions are discarded the devices can be used again. The fourth
 * VM is not disturbed, although it is restored last and some damaged records refer to its device,
 * table or memory. (In one update it is restored first: a device that two sessions claim belongs
 * to the session that claims it first.)
 *
 * promise: 6, 9, mismatch
 * red when: a record of another version is rejected (version made equal to this kernel's): a
 *   device, an iommufd and a vfio device of "another version" are taken over
 * red when: no memory is taken before the blocks of a table were found complete (an earlier
 *   kernel, which took each block when it found it): "a VM is restored as if the others did not
 *   exist: Input/output error"
 * red when: an isolated device gets its context entry back when it is discarded
 *   (`readmit_device`): no entry for the device when it is used again
 * red when: devices without a valid record are stopped before the unit is taken over
 *   (`lu_stop_others`): 5 million DMA faults, frames of other NICs late
 * red when: the device stays awake while it is reset (`pm_runtime_get_sync`): now and then the
 *   device does not answer, it was put to sleep during the reset
 * red when: an invalid record is rejected before domain ids are compared (`lu_reject_unlike`):
 *   another VM's device is isolated
 * red when: discard waits for an unfinished device (`lu_is_unfinished`): a record that names the
 *   healthy VM's device stops that device, 1,436 of 9,494 frames lost
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define VMS	4
#define VICTIMS	(VMS - 1)

/* Offsets in records: see linux/kho/abi; the header is 24 bytes. */
#define VERSION		4
#define RESERVED	6
#define SIZE		8
#define SELF		16

/* When the device is cut off */
enum when { AT_BOOT, AT_RETRIEVE, AT_ADOPTION, AT_DISCARD };

static const struct expected {
	struct damage damage;
	enum when when;
	int iommufd;		/* what the steps of a restore return */
	int device;
	int adopt;
	bool late;		/* comes after the healthy VM */
} table[] = {
#define DOMAIN(...)	.damage = { .where = DAMAGE_DOMAIN, __VA_ARGS__, .seal = true }
#define DEVICE(...)	.damage = { .where = DAMAGE_DEVICE, __VA_ARGS__, .seal = true }
#define OTHER(at, ...)	.damage = { .where = DAMAGE_##at, __VA_ARGS__ }
#define ISOLATED	.device = -EIO, .adopt = -EIO
#define TABLE_IS_BAD	.when = AT_ADOPTION, .adopt = -EIO
	{ DOMAIN(.what = "a domain's version", .at = VERSION, .bytes = 2,
		 .value = 0x100, .flip = true), ISOLATED },
	{ DOMAIN(.what = "a domain's size", .at = SIZE, .bytes = 4, .value = 88), ISOLATED },
	{ DOMAIN(.what = "a domain's own address", .at = SELF, .bytes = 8, .value = 0x1000,
	  .flip = true), ISOLATED },
	{ DOMAIN(.what = "a domain's format", .at = 24, .bytes = 1, .value = 'x'), ISOLATED },
	{ DOMAIN(.what = "a domain's flags", .at = 40, .bytes = 4, .value = 1), ISOLATED },
	{ DOMAIN(.what = "a domain's level", .at = 44, .bytes = 1, .value = 7), ISOLATED },
	{ DOMAIN(.what = "a domain's width", .at = 45, .bytes = 1, .value = 3), ISOLATED },
	{ DOMAIN(.what = "a top table outside memory", .at = 48, .bytes = 8, .value = 1ull << 45),
	  ISOLATED },
	{ DOMAIN(.what = "a top table between pages", .at = 48, .bytes = 8, .value = 0x17,
	  .flip = true), ISOLATED },
	{ DOMAIN(.what = "a top table in memory that was not kept", .at = 48, .bytes = 8,
	  .value = 0x1000000), ISOLATED },
	{ DOMAIN(.what = "one table less", .at = 56, .bytes = 8, .value = 1, .flip = true),
	  TABLE_IS_BAD },
	{ DOMAIN(.what = "a number of tables beyond all memory", .at = 56, .bytes = 8,
	  .value = ~0ull), TABLE_IS_BAD },
	{ DEVICE(.what = "a device's BDF", .at = 26, .bytes = 2, .value = 0xfff8), ISOLATED },
	{ DEVICE(.what = "another device's BDF", .at = 26, .bytes = 2, .value = 0x100), ISOLATED },
	{ DEVICE(.what = "a device's vendor", .at = 28, .bytes = 2, .value = 0x1af4), ISOLATED },
	{ DEVICE(.what = "a device's domain", .at = 32, .bytes = 4, .value = 0x1ff), ISOLATED },
	{ DEVICE(.what = "a device's unit", .at = 36, .bytes = 4, .value = 0x1ff), ISOLATED },
	{ DEVICE(.what = "a context entry that is not the hardware's", .at = 48, .bytes = 8,
	  .value = 2, .flip = true), ISOLATED },
	{ DEVICE(.what = "a PASID entry that is not the hardware's", .at = 80, .bytes = 8,
	  .value = 0x10, .flip = true), ISOLATED },
	{ DEVICE(.what = "a PASID directory elsewhere", .at = 144, .bytes = 8, .value = 0x1000,
	  .flip = true), ISOLATED },
	{ DEVICE(.what = "another's domain id", .at = 156, .bytes = 4, .value = 1, .flip = true),
	  ISOLATED },
	{ OTHER(DOMAIN, .what = "a domain's checksum", .at = 64, .bytes = 8, .value = 1,
	  .flip = true), ISOLATED },
	{ OTHER(DEVICE, .what = "a device's checksum", .at = 40, .bytes = 8, .value = 1,
	  .flip = true), ISOLATED },
	{ OTHER(SLOT_OF_DEVICE, .what = "a record that is missing", .bytes = 8, .seal = true),
	  ISOLATED },
	{ OTHER(PASID_ENTRY, .what = "a PASID entry that is not the record's", .at = 24,
	  .bytes = 8, .value = 1, .flip = true), ISOLATED },
	{ OTHER(TOP_TABLE, .what = "a table that points to itself", .at = 8 * 511, .bytes = 8,
	  .value = 3, .address = DAMAGE_ITSELF), TABLE_IS_BAD },
	{ OTHER(TOP_TABLE, .what = "a table that points outside memory", .at = 8 * 511,
	  .bytes = 8, .value = 1ull << 45 | 3), TABLE_IS_BAD },
	{ OTHER(CTX, .what = "an iommufd's checksum", .at = 36, .bytes = 4, .value = 1,
	  .flip = true), .when = AT_RETRIEVE, .iommufd = -EBADMSG, .device = -EIO },
	{ OTHER(CTX, .what = "an iommufd's number of HWPTs", .at = 24, .bytes = 4,
	  .value = 0xffff, .seal = true), .when = AT_RETRIEVE, .iommufd = -EBADMSG,
	  .device = -EIO },
	{ OTHER(CTX, .what = "an iommufd's reserved bits", .at = 28, .bytes = 4, .value = 1,
	  .seal = true), .when = AT_RETRIEVE, .iommufd = -EBADMSG, .device = -EIO },
	{ OTHER(VFIO, .what = "a vfio device's checksum", .at = 100, .bytes = 4, .value = 1,
	  .flip = true), .when = AT_DISCARD, .device = -EBADMSG },
	{ OTHER(VFIO, .what = "a vfio device's configuration size", .at = 36, .bytes = 4,
	  .value = 0x10000, .seal = true), .when = AT_DISCARD, .device = -EPROTO },
	{ OTHER(VFIO, .what = "a vfio device's BDF", .at = 26, .bytes = 2, .value = 0xfff8,
	  .seal = true), .when = AT_DISCARD, .device = -ENODEV },
	{ OTHER(VFIO, .what = "a vfio device's flags", .at = 32, .bytes = 4, .value = 0x80,
	  .seal = true), .when = AT_DISCARD, .device = -EPROTO },
	{ OTHER(VFIO, .what = "the healthy VM's device", .at = 26, .bytes = 2, .value = 0x100,
	  .seal = true), .when = AT_DISCARD, .device = -EIO, .late = true },
	{ OTHER(PCI, .what = "a BAR elsewhere", .at = 48, .bytes = 4, .value = 0x100000,
	  .flip = true, .seal = true), .device = -EIO },
	{ OTHER(PCI, .what = "a function's checksum", .at = 96, .bytes = 8, .value = 1,
	  .flip = true), .device = -EIO },
	{ OTHER(PCI, .what = "a function's segment", .at = 24, .bytes = 2, .value = 7,
	  .seal = true), .device = -EIO },
	{ OTHER(PCI, .what = "reserved bits", .at = RESERVED, .bytes = 2, .value = 1,
	  .seal = true), .device = -EIO },
	{ OTHER(TOP_TABLE, .what = "a table that points to the healthy VM's", .at = 8 * 511,
	  .bytes = 8, .value = 3, .address = DAMAGE_OTHER_TABLE), TABLE_IS_BAD },
	{ OTHER(TOP_TABLE, .what = "a table that points to the healthy VM's memory",
	  .at = 8 * 511, .bytes = 8, .value = 3, .address = DAMAGE_OTHER_MEMORY), TABLE_IS_BAD },
	{ DOMAIN(.what = "the healthy VM's top table", .at = 48, .bytes = 8,
		 .address = DAMAGE_OTHER_TABLE), ISOLATED },
	/* As from a kernel in which these records have another version */
	{ DEVICE(.what = "a device's version", .at = VERSION, .bytes = 2, .value = 2), ISOLATED },
	{ OTHER(CTX, .what = "an iommufd's version", .at = VERSION, .bytes = 2, .value = 2,
	  .seal = true), .when = AT_RETRIEVE, .iommufd = -EPROTO, .device = -EIO },
	{ OTHER(VFIO, .what = "a vfio device's version", .at = VERSION, .bytes = 2, .value = 2,
	  .seal = true), .when = AT_DISCARD, .device = -EPROTO },
};

#define UPDATES	((int)ARRAY_SIZE(table) / VICTIMS)

static const struct expected *expected_of(unsigned int victim, int update)
{
	return &table[(update - 1) * VICTIMS + victim - 1];
}

static void leave(void)
{
	struct state *state = state_get();
	unsigned int i;

	damage_forget_records();
	story_discard_from(1);
	story_preserve();
	for (i = 1; i < VMS; i++)
		damage_order(&expected_of(i, state->updates + 1)->damage, &state->vm[i],
			     &state->vm[0]);
	story_leave();
}

static void before(void)
{
	story_begin(one_nic_each, VMS);
	kexec_keep_next();
	leave();
}

static void is(int got, int expected, const char *step, const struct expected *e)
{
	char name[120];

	snprintf(name, sizeof(name), "%s: %s", e->damage.what, step);
	ok(got == expected, name, "error %d, not %d", -got, -expected);
}

static int error_of(int fd)
{
	return fd < 0 ? fd : 0;
}

static void restore_fails(struct vm *vm, struct vm_data *data, const struct expected *e)
{
	vm_retrieve_memory(vm, data);
	vm->iommufd = luo_retrieve_fd(vm->session, TOKEN_IOMMUFD);
	is(error_of(vm->iommufd), e->iommufd, "retrieving the iommufd", e);
	vm->nic[0].dev = luo_retrieve_fd(vm->session, TOKEN_NIC(0));
	is(error_of(vm->nic[0].dev), e->device, "retrieving the device", e);
	if (vm->iommufd >= 0)
		is(vm_adopt(vm), e->adopt, "adopting the table", e);
}

static void discard_session(struct vm *vm)
{
	ok_rc(luo_discard(vm->session), "the session is given up");
	if (vm->iommufd >= 0)
		close(vm->iommufd);
	if (vm->nic[0].dev >= 0)
		close(vm->nic[0].dev);
	close(vm->session);
}

static void victim(unsigned int i)
{
	struct vm_data *data = &state_get()->vm[i];
	const struct expected *e = expected_of(i, state_get()->updates);
	const char *bdf = data->nic[0].bdf;
	struct vm *vm = story_vm(i);

	is(pci_bus_master(bdf), e->when != AT_BOOT, "cut off before userspace runs, or not", e);
	if (e->when == AT_BOOT)
		mark_nic(i, "quiet");
	restore_fails(vm, data, e);
	is(pci_bus_master(bdf), e->when == AT_DISCARD, "cut off when it was noticed", e);
	if (e->when != AT_DISCARD)
		mark_nic(i, "quiet");
	discard_session(vm);
	is(pci_bus_master(bdf), false, "cut off when it is given up", e);
	mark_nic(i, "quiet");
}

static void victims(bool late)
{
	unsigned int i;

	for (i = 1; i < VMS; i++)
		if (expected_of(i, state_get()->updates)->late == late)
			victim(i);
}

static void after(void)
{
	unsigned int i;

	story_arrive();
	victims(false);
	story_take_over(story_vm(0));
	victims(true);
	for (i = 1; i < VMS; i++) {
		story_use_again(i);
		ok_rc(vm_mark(story_vm(i)),
		      "the device can be used, and marked for the next update");
	}
	if (state_get()->updates < UPDATES)
		leave();
	story_discard_from(1);
	story_end();
}

SCENARIO(.name = "damaged_records", .nics = "igb,igb,igb,igb", .discarded = "1,2,3",
	 .cmdline = "lu.rate=100", .updates = UPDATES, .timeout = 300,
	 .before = before, .after = after);
