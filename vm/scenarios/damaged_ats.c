// SPDX-License-Identifier: GPL-2.0
/*
 * ATS that is not as the record says. The record of a NIC without ATS says that it has ATS, and so
 * does its entry in the IOMMU. The record of a NIC with ATS is right, and the smallest translation
 * unit in the NIC's own register is another one. Both are isolated, and serve the next VM as they
 * did the first. The NIC of another VM receives all the while.
 *
 * promise: 6
 * red when: the smallest translation unit is not compared (`intel_lu_compare_ats`): the NIC whose
 *   unit has changed is taken over
 * red when: ATS is not compared at all (`intel_lu_compare_ats`): the NIC without ATS is taken over,
 *   and its entry allows requests that it has translated itself
 */
#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

enum { HEALTHY, WITHOUT, WITH, VMS };

#define DTE		(1ull << 2)	/* in a context entry: the device may use ATS */
#define OTHER_UNIT	1u		/* 8 KiB */

static const struct damage agreed[] = {
	{ .where = DAMAGE_DEVICE, .hw = HW_ATS, .flip = true, .seal = true },
	{ .where = DAMAGE_DEVICE, .hw = HW_FIRST_ENTRY, .value = DTE, .flip = true, .seal = true },
	{ .where = DAMAGE_FIRST_ENTRY, .bytes = sizeof(uint64_t), .value = DTE,
	  .flip = true },
};

static const char *bdf_of(unsigned int i)
{
	return state_get()->vm[i].device[0].bdf;
}

static void claim_ats(void)
{
	struct state *state = state_get();
	size_t i;

	ok_rc(luo_check(state->vm[WITHOUT].session), "the VM without ATS could be frozen");
	for (i = 0; i < ARRAY_SIZE(agreed); i++)
		damage_order(&agreed[i], &state->vm[WITHOUT], &state->vm[HEALTHY]);
}

static void before(void)
{
	story_begin(one_nic_each, VMS);
	damage_forget_records();
	story_discard_from(WITHOUT);
	story_preserve();
	claim_ats();
	ok_nic(WITH, pci_ats_is_on(bdf_of(WITH)) && !pci_ats_unit(bdf_of(WITH)),
	       "ATS is on, with units of 4 KiB", "unit %u", pci_ats_unit(bdf_of(WITH)));
	pci_set_ats_unit(bdf_of(WITH), OTHER_UNIT);
	story_leave();
}

static void victim(unsigned int i)
{
	story_ats_isolated(i);
	story_discard_isolated(i);
}

static void after(void)
{
	story_arrive();
	victim(WITHOUT);
	victim(WITH);
	story_take_over(story_vm(HEALTHY));
	story_receive_again(WITHOUT);
	story_receive_again(WITH);
	ok_nic(WITH, pci_ats_is_on(bdf_of(WITH)) && !pci_ats_unit(bdf_of(WITH)),
	       "ATS is on again, with units of 4 KiB", "unit %u", pci_ats_unit(bdf_of(WITH)));
	story_discard_from(WITHOUT);
	story_end();
}

SCENARIO(.name = "damaged_ats", .nics = "igb,igb,vhost", .discarded = "1,2", .platform = "vtd",
	 .iommu = "device-iotlb=on", .timeout = 120, .before = before, .after = after);
