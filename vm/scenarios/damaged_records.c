// SPDX-License-Identifier: GPL-2.0
/*
 * Four VMs, seventeen updates, 51 kinds of damage. In each update three of the VMs hand over a
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
 *   (`intel_lu_readmit_device`): no entry for the device when it is used again
 * red when: devices without a valid record are stopped before the unit is taken over
 *   (`iommu_lu_quiesce_others`): 5 million DMA faults, frames of other NICs late
 * red when: the device stays awake while it is reset (`pm_runtime_get_sync`): now and then the
 *   device does not answer, it was put to sleep during the reset
 * red when: an invalid record is rejected before domain ids are compared
 *   (`iommu_lu_reject_invalid`): another VM's device is isolated
 * red when: discard waits for an unfinished device (`iommu_lu_begin_discard`): a record that names
 *   the healthy VM's device stops that device, 1,436 of 9,494 frames lost
 * red when: a domain goes to no file but the one that preserved it (`owner` in
 *   `iommu_liveupdate_incoming_domain`): tables of another file are adopted, and the VM that names
 *   the healthy VM's domain takes its device from it
 * red when: records name a segment, too (`iommu_lu_is_device`, `pci_lu_expect`,
 *   `vfio_pci_lu_find_pdev`): a record of another segment is used for the device
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/records.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define VMS	4
#define VICTIMS	(VMS - 1)
#define OTHER_VERSION	99	/* no record has it */

/* When the device is isolated */
enum when { AT_BOOT, AT_RETRIEVE, AT_ADOPTION, AT_DISCARD };

static const struct expected {
	struct damage damage;
	enum when when;
	int iommufd;		/* what the steps of a restore return */
	int device;
	int adopt;
	bool late;		/* comes after the healthy VM */
} table[] = {
#define DOMAIN(member, ...)						\
	.damage = { .where = DAMAGE_DOMAIN, MEMBER(iommu_domain_ser, member), __VA_ARGS__ }
#define DEVICE(member, ...)						\
	.damage = { .where = DAMAGE_DEVICE, MEMBER(iommu_device_ser, member), __VA_ARGS__ }
#define HW(place, ...)	.damage = { .where = DAMAGE_DEVICE, .hw = place, __VA_ARGS__ }
#define CTX(member, ...)						\
	.damage = { .where = DAMAGE_CTX, MEMBER(iommufd_ctx_ser, member), __VA_ARGS__ }
#define VFIO(member, ...)						\
	.damage = { .where = DAMAGE_VFIO, MEMBER(vfio_pci_ser, member), __VA_ARGS__ }
#define PCI(member, ...)						\
	.damage = { .where = DAMAGE_PCI, MEMBER(pci_dev_ser, member), __VA_ARGS__ }
#define LAST_ENTRY(...)							\
	.damage = { .where = DAMAGE_TOP_TABLE, TABLE_ENTRY(511), .table = true, __VA_ARGS__ }
#define SEALED		.seal = true
#define ISOLATED	.device = -EIO, .adopt = -EIO
#define TABLE_IS_BAD	.when = AT_ADOPTION, .adopt = -EIO
	{ DOMAIN(hdr.version, .what = "a domain's version", .value = 0x100, .flip = true, SEALED),
	  ISOLATED },
	{ DOMAIN(hdr.size, .what = "a domain's size", .value = 88, SEALED), ISOLATED },
	{ DOMAIN(hdr.self, .what = "a domain's own address", .value = 0x1000, .flip = true,
		 SEALED), ISOLATED },
	{ DOMAIN(format[0], .what = "a domain's format", .value = 'x', SEALED), ISOLATED },
	{ DOMAIN(flags, .what = "a domain's flags", .value = 1ull << 31, SEALED), ISOLATED },
	{ DOMAIN(top_level, .what = "a domain's level", .value = 7, SEALED), ISOLATED },
	{ DOMAIN(vasz_lg2, .what = "a domain's width", .value = 3, SEALED), ISOLATED },
	{ DOMAIN(top, .what = "a top table outside memory", .value = 1ull << 45, SEALED),
	  ISOLATED },
	{ DOMAIN(top, .what = "a top table between pages", .value = 0x17, .flip = true, SEALED),
	  ISOLATED },
	{ DOMAIN(top, .what = "a top table in memory that was not kept", .value = 0x1000000,
		 SEALED), ISOLATED },
	{ DOMAIN(nr_tables, .what = "one table less", .value = 1, .flip = true, SEALED),
	  TABLE_IS_BAD },
	{ DOMAIN(nr_tables, .what = "a number of tables beyond all memory", .value = ~0ull,
		 SEALED), TABLE_IS_BAD },
	{ DEVICE(bdf, .what = "a device's BDF", .value = 0xfff8, SEALED), ISOLATED },
	{ DEVICE(bdf, .what = "another device's BDF", .value = 0x100, SEALED), ISOLATED },
	{ DEVICE(vendor, .what = "a device's vendor", .value = 0x1af4, SEALED), ISOLATED },
	{ DEVICE(domain, .what = "a device's domain", .value = 0x1ff, SEALED), ISOLATED },
	{ DEVICE(unit, .what = "a device's unit", .value = 0x1ff, SEALED), ISOLATED },
	{ HW(HW_FIRST_ENTRY, .what = "a first entry that is not the hardware's", .value = 2,
	     .flip = true, SEALED), ISOLATED },
	{ HW(HW_LAST_ENTRY, .what = "a last entry that is not the hardware's", .value = 0x10,
	     .flip = true, SEALED), ISOLATED },
	{ HW(HW_TABLE, .what = "an entry's table elsewhere", .value = 0x1000, .flip = true,
	     SEALED), ISOLATED },
	{ HW(HW_DOMAIN_ID, .what = "another's domain id", .value = 1, .flip = true, SEALED),
	  ISOLATED },
	{ HW(HW_ATS, .what = "ATS that the entries do not have", .flip = true, SEALED), ISOLATED },
	{ HW(HW_RESERVED, .what = "an unknown bit for the IOMMU driver", .flip = true, SEALED),
	  ISOLATED },
	{ DEVICE(nr_pasids, .what = "a PASID without an entry", .value = 1, SEALED), ISOLATED },
	{ DOMAIN(table_bytes, .what = "a domain's checksum", .value = 1, .flip = true), ISOLATED },
	{ DEVICE(reserved, .what = "a device's checksum", .value = 1, .flip = true), ISOLATED },
	{ .damage = { .where = DAMAGE_SLOT_OF_DEVICE, .what = "a record that is missing",
		      TABLE_ENTRY(0), SEALED }, ISOLATED },
	{ .damage = { .where = DAMAGE_LAST_ENTRY, TABLE_ENTRY(1), .value = 1, .flip = true,
		      .what = "a last entry that is not the record's" }, ISOLATED },
	{ LAST_ENTRY(.what = "a table that points to itself", .address = DAMAGE_ITSELF),
	  TABLE_IS_BAD },
	{ LAST_ENTRY(.what = "a table that points outside memory", .value = 1ull << 45),
	  TABLE_IS_BAD },
	{ CTX(hwpts[0].token, .what = "an iommufd's checksum", .value = 1ull << 32, .flip = true),
	  .when = AT_RETRIEVE, .iommufd = -EBADMSG, .device = -EIO },
	{ CTX(nr_hwpts, .what = "an iommufd's number of HWPTs", .value = 0xffff, SEALED),
	  .when = AT_RETRIEVE, .iommufd = -EBADMSG, .device = -EIO },
	{ CTX(reserved, .what = "an iommufd's reserved bits", .value = 1, SEALED),
	  .when = AT_RETRIEVE, .iommufd = -EBADMSG, .device = -EIO },
	{ VFIO(vconfig[28], .what = "a vfio device's checksum", .value = 1, .flip = true),
	  .when = AT_DISCARD, .device = -EBADMSG },
	{ VFIO(cfg_size, .what = "a vfio device's configuration size", .value = 0x10000, SEALED),
	  .when = AT_DISCARD, .device = -EPROTO },
	{ VFIO(bdf, .what = "a vfio device's BDF", .value = 0xfff8, SEALED), .when = AT_DISCARD,
	  .device = -ENODEV },
	{ VFIO(flags, .what = "a vfio device's flags", .value = 0x80, SEALED), .when = AT_DISCARD,
	  .device = -EPROTO },
	{ VFIO(bdf, .what = "the healthy VM's device", .value = 0x100, SEALED),
	  .when = AT_DISCARD, .device = -EIO, .late = true },
	{ PCI(header[4], .what = "a BAR elsewhere", .value = 0x100000, .flip = true, SEALED),
	  .device = -EIO },
	{ PCI(bar_size[0], .what = "a function's checksum", .value = 1, .flip = true),
	  .device = -EIO },
	{ PCI(segment, .what = "a function's segment", .value = 7, SEALED), .device = -EIO },
	{ PCI(hdr.reserved, .what = "reserved bits", .value = 1, SEALED), .device = -EIO },
	{ LAST_ENTRY(.what = "a table that points to the healthy VM's",
		     .address = DAMAGE_OTHER_TABLE), TABLE_IS_BAD },
	{ LAST_ENTRY(.what = "a table that points to the healthy VM's memory",
		     .address = DAMAGE_OTHER_MEMORY), TABLE_IS_BAD },
	{ DOMAIN(top, .what = "the healthy VM's top table", .address = DAMAGE_OTHER_TABLE, SEALED),
	  ISOLATED },
	/* Of another VM, or of a segment that does not exist */
	{ DOMAIN(owner, .what = "a domain's file", .value = 0x1000, .flip = true, SEALED),
	  .when = AT_DISCARD, .adopt = -EIO },
	{ DOMAIN(owner, .what = "the healthy VM's file", .address = DAMAGE_OTHER_CTX, SEALED),
	  .when = AT_DISCARD, .adopt = -EIO },
	{ CTX(hwpts[0].domain, .what = "the healthy VM's domain", .address = DAMAGE_OTHER_DOMAIN,
	      SEALED), .when = AT_DISCARD, .adopt = -EIO },
	{ DEVICE(segment, .what = "a device's segment", .value = 7, SEALED), ISOLATED },
	{ DEVICE(segment, .what = "a segment with the same low byte", .value = 0x100, SEALED),
	  ISOLATED },
	{ VFIO(segment, .what = "a vfio device's segment", .value = 7, SEALED),
	  .when = AT_DISCARD, .device = -ENODEV },
	/* As from a kernel in which these records have another version */
	{ DEVICE(hdr.version, .what = "a device's version", .value = OTHER_VERSION, SEALED),
	  ISOLATED },
	{ CTX(hdr.version, .what = "an iommufd's version", .value = OTHER_VERSION, SEALED),
	  .when = AT_RETRIEVE, .iommufd = -EPROTO, .device = -EIO },
	{ VFIO(hdr.version, .what = "a vfio device's version", .value = OTHER_VERSION, SEALED),
	  .when = AT_DISCARD, .device = -EPROTO },
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
	vm->device[0].dev = luo_retrieve_fd(vm->session, TOKEN_DEVICE(0));
	is(error_of(vm->device[0].dev), e->device, "retrieving the device", e);
	if (vm->iommufd >= 0)
		is(vm_adopt(vm), e->adopt, "adopting the table", e);
}

static void discard_session(struct vm *vm)
{
	ok_rc(luo_discard(vm->session), "the session is discarded");
	if (vm->iommufd >= 0)
		close(vm->iommufd);
	if (vm->device[0].dev >= 0)
		close(vm->device[0].dev);
	close(vm->session);
}

static void victim(unsigned int i)
{
	struct vm_data *data = &state_get()->vm[i];
	const struct expected *e = expected_of(i, state_get()->updates);
	const char *bdf = data->device[0].bdf;
	struct vm *vm = story_vm(i);

	is(pci_bus_master(bdf), e->when != AT_BOOT, "isolated before userspace runs, or not", e);
	if (e->when == AT_BOOT)
		mark_nic(i, "quiet");
	restore_fails(vm, data, e);
	is(pci_bus_master(bdf), e->when == AT_DISCARD, "isolated when it was noticed", e);
	if (e->when != AT_DISCARD)
		mark_nic(i, "quiet");
	discard_session(vm);
	is(pci_bus_master(bdf), false, "isolated when it is discarded", e);
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
