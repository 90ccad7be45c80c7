// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that is a service of systemd does not come back after an update. Its session waits in
 * systemd's store, where no other process can retrieve it, until the unit has failed; then it can
 * be discarded, and the NIC, which has received throughout, stops.
 *
 * promise: systemd
 * red when: a failed unit releases its session (yes instead of on-success): the session cannot be
 *   discarded, the NIC keeps writing
 * red when: a line is written to its end (signals wait in `send_line`), with a process that writes
 *   all the time: "planned 35, said 34"; "diag somebody who sayok the VMM's own state"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service.h"
#include "os/command.h"
#include "os/operator.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	char bdf[BDF_LEN];

	operator_find(bdf);
	operator_start("built");
	operator_preserve("preserved");
	operator_load();
	operator_jump();
}

/* In the next kernel it is broken. */
static void vmm(void)
{
	if (story_stage() == 1)
		service_vmm();
	exit(1);
}

/* The word of iolu status that begins like the unit */
static void find_session(char *name, size_t room)
{
	const char *at;

	iolu_tells(iolu("status", NULL), 0, "  incoming     1  systemd",
		   "the session is in systemd's store");
	at = strstr(iolu_said(), "vmm@vm0.servi-");
	if (!at)
		bail_out("iolu status shows no session of " VMM);
	snprintf(name, room, "%.*s", (int)strcspn(at, " "), at);
}

/* systemd closes the files of a store a moment after the unit has failed. */
static void discard(const char *name)
{
	int rc, tries = 50;

	while ((rc = iolu("discard", name, NULL)) && --tries)
		sleep_ms(100);
	iolu_tells(rc, 0, "discarded: ", "then the session can be discarded");
}

static void after(void)
{
	char bdf[BDF_LEN], name[64];

	operator_find(bdf);
	find_session(name, sizeof(name));
	iolu_tells(iolu("discard", name, NULL), 1, "a process has session",
		   "a session in a store cannot be discarded");
	ok(systemctl("start", VMM, NULL), "the VMM fails to start", "it did not");
	ok(pci_bus_master(bdf), "the NIC continues", "it is no bus master");
	discard(name);
	mark_nic(0, "quiet");
	ok(!pci_bus_master(bdf), "the NIC is stopped", "it is bus master");
	sleep_ms(1500);
	tx_stop(0);
	iolu_tells(iolu("check", "--device", bdf, NULL), 0, "not in use",
		   "and is a device like any other");
	operator_refuses("nothing of the last update waits",
			 "nothing is in the way of the next update");
}

SCENARIO(.name = "systemd_discarded", .discarded = "0", .systemd = true, .command = true,
	 .timeout = 120, .cmdline = OPERATOR_CMDLINE, .vmm = vmm, .before = before,
	 .after = after);
