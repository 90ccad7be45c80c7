// SPDX-License-Identifier: GPL-2.0
/*
 * The feature is compiled in, but live update is off on the command line: everything is as
 * in a stock kernel. No session can be made, the kexec ends bus mastering, frames are lost.
 * No memory goes along either, so what arrived is read from the NIC's receive head, which
 * neither kernel resets.
 */
#include <unistd.h>

#include "kexec.h"
#include "luo.h"
#include "nic.h"
#include "pci.h"
#include "report.h"
#include "scenario.h"
#include "story.h"
#include "util.h"
#include "walk.h"

static void before(void)
{
	story_begin(one_nic_each, 1);
	ok(!luo_present(), "there is no live update device", "there is");
	kexec_load_next(story_stage());
	kexec_go();
}

static void after(void)
{
	bool on = walk_translation_on();
	volatile uint32_t *regs;
	uint32_t at_arrival;
	char bdf[BDF_LEN];

	if (!pci_find_nic(0, bdf))
		give_up("the NIC is gone");
	ok(on, "the new kernel has turned translation on", "it is off");
	ok_nic(0, !pci_bus_master(bdf), "bus mastering is off in the new kernel", "it is on");
	regs = pci_map_bar0(bdf);
	at_arrival = nic_head(nic_ops_of(pci_model(bdf)), regs);
	story_traffic("lu.post");
	tx_stop(0);
	sleep_ms(500);
	mark("scan");
	ok_nic(0, nic_head(nic_ops_of(pci_model(bdf)), regs) == at_arrival,
	       "nothing arrives in the new kernel", "something does");
	fig_nic(0, "received", nic_head(nic_ops_of(pci_model(bdf)), regs));
}

SCENARIO(.name = "switched_off_is_stock", .cmdline = "liveupdate=off", .expect_lost = true,
	 .before = before, .after = after);
