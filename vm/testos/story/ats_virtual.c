// SPDX-License-Identifier: GPL-2.0
/*
 * A physical function and a virtual function of it, both with ATS, in two VMs. Both are taken over
 * by the second kernel, with ATS on. Then the smallest translation unit of the physical function is
 * changed before the second update. It is that of the virtual function, too, whose own register
 * says nothing about it: the third kernel isolates both.
 */
#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/kexec.h"
#include "os/report.h"
#include "story/ats.h"
#include "story/story.h"

enum { PHYSICAL, VIRTUAL, VMS };

#define OTHER_UNIT	1u		/* 8 KiB */

static const char *bdf_of(unsigned int i)
{
	return state_get()->vm[i].device[0].bdf;
}

static void both_have_ats(const char *when)
{
	unsigned int i;

	for (i = 0; i < VMS; i++)
		ok_nic(i, pci_ats_is_on(bdf_of(i)), when, "it is off");
}

void ats_virtual_before(bool scalable)
{
	vtd_is_scalable(scalable);
	story_begin_virtual(VMS - 1);
	kexec_keep_next();
	both_have_ats("ATS is on in the first kernel");
	story_preserve();
	story_leave();
}

static void go_on(void)
{
	both_have_ats("ATS is on when the second kernel starts userspace");
	story_retrieve();
	story_adopt();
	story_finish();
	both_have_ats("ATS is on after finish");
	story_traffic("lu.post");
	story_discard_from(PHYSICAL);
	story_preserve();
	pci_set_ats_unit(bdf_of(PHYSICAL), OTHER_UNIT);
	story_leave();
}

void ats_virtual_after(void)
{
	story_arrive();
	if (state_get()->updates < 2)
		go_on();
	story_ats_isolated(PHYSICAL);
	story_ats_isolated(VIRTUAL);
	story_traffic("lu.quiet");
	mark_nic(PHYSICAL, "used");	/* for the runner: quiet up to here */
	mark_nic(VIRTUAL, "used");
	story_discard_isolated(VIRTUAL);
	ok(pci_update_state(bdf_of(VIRTUAL), "none"), "the virtual function is an ordinary device",
	   "it is not");
	ok(!pci_ats_is_on(bdf_of(VIRTUAL)), "without ATS", "it is on");
	story_discard_isolated(PHYSICAL);
}
