// SPDX-License-Identifier: GPL-2.0
/*
 * Damage to what is kept about PASIDs, one for each update: another PASID, another entry in the
 * record or in the hardware, another VM's domain, an entry without a record, too many; and a record
 * that says that the device had its page requests on. The device
 * is isolated before userspace runs, and can be used again after its session is discarded. The
 * NIC of another VM receives all the while.
 *
 * promise: 6
 * red when: an entry needs no record (`intel_lu_pasids_recorded`): the device is not isolated, and its
 *   session is retrieved
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/records.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/pasids.h"
#include "story/story.h"

#define DEVICE(member, ...) \
	.where = DAMAGE_DEVICE, MEMBER(iommu_device_ser, member), .seal = true, __VA_ARGS__
/* A word of the entry of a small PASID in the hardware's table */
#define ENTRY(pasid, word) \
	.where = DAMAGE_LAST_ENTRY, .at = (pasid) * 64 + (word) * 8, .bytes = 8
/* Word of the tail of a PASID, after the entry: domain id, flags */
#define DID		hw_data[64]
#define FLAGS		hw_data[68]

static const struct damage table[] = {
	{ DEVICE(pasids[0].pasid, .what = "another PASID", .value = PASID_SMALL + 1) },
	{ DEVICE(pasids[1].pasid, .what = "a PASID twice", .value = PASID_SMALL) },
	{ DEVICE(pasids[0].hw_data[16], .what = "another entry", .value = 1, .flip = true) },
	{ DEVICE(pasids[0].DID, .what = "another domain id", .value = 2, .flip = true) },
	{ DEVICE(pasids[0].FLAGS, .what = "unknown flags", .value = 0x80, .flip = true) },
	{ DEVICE(pasids[1].domain, .what = "a domain of another slot", .value = 2,
		 .flip = true) },
	{ DEVICE(pasids[0].domain, .what = "the healthy VM's domain",
		 .address = DAMAGE_OTHER_DOMAIN) },
	{ .where = DAMAGE_DEVICE, .hw = HW_PRI, .flip = true, .seal = true,
	  .what = "page requests of a device that has none" },
	{ DEVICE(nr_pasids, .what = "too many PASIDs", .value = IOMMU_DEVICE_SER_MAX_PASIDS + 1) },
	{ DEVICE(nr_pasids, .what = "a PASID less", .value = 1) },
	{ ENTRY(PASID_SMALL, 1), .what = "the hardware's entry", .value = 1 << 4, .flip = true },
	{ ENTRY(PASID_SMALL + 1, 0), .what = "an entry without a record", .value = 1 },
};

#define UPDATES		((int)ARRAY_SIZE(table))

static const struct damage *damage_of(unsigned int update)
{
	return &table[update - 1];
}

static void leave(struct pasids *p)
{
	struct state *state = state_get();

	pasids_create(p);
	damage_forget_records();
	story_preserve();
	ok_rc(pasids_preserve(p), "the device with PASIDs is preserved");
	damage_order(damage_of(state->updates + 1), pasids_data(), &state->vm[0]);
	story_leave();
}

static void before(void)
{
	struct pasids p;

	story_begin(one_nic_each, 1);
	kexec_keep_next();
	leave(&p);
}

static void is(int got, int expected, const char *step)
{
	char name[120];

	snprintf(name, sizeof(name), "%s: %s", damage_of(state_get()->updates)->what, step);
	ok(got == expected, name, "error %d, not %d", -got, -expected);
}

static void victim(struct pasids *p)
{
	is(pci_bus_master(pasids_data()->device[0].bdf), false,
	   "isolated before userspace runs");
	pasids_retrieve(p);
	is(p->dev, -EIO, "the device is not");
	ok_rc(luo_discard(p->vm.session), "the session is discarded");
	close(p->vm.iommufd);
	close(p->vm.session);
}

static void after(void)
{
	struct pasids p;

	story_arrive();
	victim(&p);
	story_take_over(story_vm(0));
	if (state_get()->updates < (unsigned int)UPDATES)
		leave(&p);
	fig("pasids_discarded", 1);
	pasids_create(&p);
	pasids_close(&p);
	story_end();
}

SCENARIO(.name = "damaged_pasids", .platform = "vtd", .pasids = true,
	 .iommu = "caching-mode=on,device-iotlb=on,pasid-bits=20", .updates = UPDATES,
	 .timeout = 220, .cmdline = "lu.rate=100", .before = before, .after = after);
