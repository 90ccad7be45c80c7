// SPDX-License-Identifier: GPL-2.0
/*
 * A record that all devices depend on is damaged in nine ways: an index of records, or the record
 * of the IOMMU. All devices are isolated and nothing else happens: the kernel boots, the sessions
 * can be discarded, and the devices can be used and preserved again.
 *
 * promise: 6
 * red when: an index that names a record twice is not used (`kho_record_index_get`; an earlier
 *   kernel): "the device is isolated", "the device cannot": expected "Input/output error", got
 *   "Success"
 * red when: a unit without a record stays on (`iommu_liveupdate_incoming_unit`): translation off,
 *   the guard pattern overwritten, frames written untranslated
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/records.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define VMS		2
#define SLOT(n)		MEMBER(kho_record_index_ser, slots[n])
#define ROOT		.hw = HW_ROOT
#define NEXT_PART	SLOT(0)
#define USED_SLOT	SLOT(1)
#define UNUSED_SLOT	SLOT(400)

static const struct damage table[] = {
	{ .what = "the IOMMU's index", .where = DAMAGE_IOMMU_INDEX, USED_SLOT, .value = 1,
	  .flip = true },
	{ .what = "the PCI core's index", .where = DAMAGE_PCI_INDEX, USED_SLOT, .value = 1,
	  .flip = true },
	{ .what = "the IOMMU's index, a record is in it twice", .where = DAMAGE_IOMMU_INDEX,
	  UNUSED_SLOT, .address = DAMAGE_ITS_DOMAIN, .seal = true },
	{ .what = "the PCI core's index, a record is in it twice", .where = DAMAGE_PCI_INDEX,
	  UNUSED_SLOT, .address = DAMAGE_ITS_FUNCTION, .seal = true },
	{ .what = "the IOMMU's index, a circle", .where = DAMAGE_IOMMU_INDEX, NEXT_PART,
	  .address = DAMAGE_ITSELF, .seal = true },
	{ .what = "the PCI core's index, it goes on in a record of another kind",
	  .where = DAMAGE_PCI_INDEX, NEXT_PART, .address = DAMAGE_ITS_FUNCTION, .seal = true },
	{ .what = "an IOMMU's checksum", .where = DAMAGE_UNIT, ROOT,
	  .value = 1, .flip = true },
	{ .what = "an IOMMU's registers", .where = DAMAGE_UNIT, MEMBER(iommu_unit_ser, reg_base),
	  .value = 0x1000, .flip = true, .seal = true },
	{ .what = "an IOMMU's root table", .where = DAMAGE_UNIT, ROOT,
	  .value = 0x1000, .flip = true, .seal = true },
};

static void leave(void)
{
	struct state *state = state_get();

	damage_forget_records();
	story_discard_from(0);
	story_preserve();
	damage_order(&table[state->updates], &state->vm[0], &state->vm[1]);
	story_leave();
}

static void before(void)
{
	story_begin(one_nic_each, VMS);
	kexec_keep_next();
	leave();
}

static void discard_vm(unsigned int i, const char *what)
{
	const struct vm_data *data = &state_get()->vm[i];
	int session, fd;

	diag("%s is damaged", what);
	ok_nic(i, !pci_bus_master(data->device[0].bdf), "the device is isolated", "it is bus master");
	mark_nic(i, "quiet");
	session = luo_try_retrieve(data->session);
	ok(session >= 0, "the session can be retrieved", "error %d", -session);
	fd = luo_retrieve_fd(session, TOKEN_DEVICE(0));
	ok_errno(fd, EIO, "the device cannot");
	ok_rc(luo_discard(session), "the session can be discarded");
	close(session);
}

static void after(void)
{
	const struct damage *damage;
	unsigned int i;

	story_arrive();
	damage = &table[state_get()->updates - 1];
	for (i = 0; i < VMS; i++)
		discard_vm(i, damage->what);
	for (i = 0; i < VMS; i++) {
		story_use_again(i);
		ok_rc(vm_mark(story_vm(i)),
		      "the device can be used, and marked for the next update");
	}
	if (state_get()->updates < (int)ARRAY_SIZE(table))
		leave();
	story_discard_from(0);
	story_end();
}

SCENARIO(.name = "damaged_index", .nics = "igb,igb", .discarded = "0,1",
	 .cmdline = "lu.rate=100", .updates = ARRAY_SIZE(table), .timeout = 190,
	 .before = before, .after = after);
