// SPDX-License-Identifier: GPL-2.0
/*
 * An update of a host whose process 1 is systemd, with the unit files of examples/systemd: the
 * VMM is vmm@vm0.service (guest/service.c), its session is kept by systemd, the jump is
 * systemctl kexec, and frames come all the time. This file is the operator, a service as
 * well, who uses iolu and systemctl; iolu kexec is asked wherever something would be lost.
 *
 * What is looked at elsewhere and not here: the tables in memory, bit for bit.
 */
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "guard.h"
#include "kexec.h"
#include "luo.h"
#include "operator.h"
#include "report.h"
#include "scenario.h"
#include "service.h"
#include "story.h"
#include "util.h"
#include "walk.h"

static bool preserved(void)
{
	char text[32];

	return file_read("/sys/kernel/liveupdate/iommu/preserved_devices", text,
			 sizeof(text)) > 0 && atoi(text);
}

static void ask_too_early(void)
{
	int session;

	operator_refuses("no kernel is loaded", "iolu kexec refuses without an image");
	operator_refuses("1 in use, 0 preserved", "and while a VMM has not preserved");
	session = luo_create("alone");
	operator_refuses("systemd needs the device at the update",
			 "and while /dev/liveupdate is held");
	luo_let_go();
	operator_refuses("which systemd ends first, has one alone",
			 "and while a session is in no store");
	close(session);
	ok_rc(kexec_load_untold(), "an image can be loaded with kexec_load");
	operator_refuses("will be told what is preserved is not shown",
			 "which iolu kexec does not take");
}

static void call_off(void)
{
	int tries = 100;

	iolu_tells(iolu("status", NULL), 0, "preserved  running", "the NIC is preserved and runs");
	ok(!systemctl("kill", "--signal=USR1", VMMS, NULL), "the VMM is told to call it off", "%s",
	   iolu_said());
	while (preserved() && --tries)
		sleep_ms(50);
	ok(!preserved(), "nothing is preserved then", "the NIC is, after five seconds");
}

static void before(void)
{
	char bdf[BDF_LEN];

	systemctl("--version", NULL);
	operator_find(bdf);
	guard_fill();
	operator_start("built");
	ask_too_early();
	operator_preserve("systemctl reload makes the VMM preserve");
	call_off();
	operator_preserve("it preserves again, into a fresh session");
	operator_load();
	iolu_tells(iolu("kexec", "--dry-run", NULL), 0, "1 in use, 1 preserved",
		   "iolu kexec would jump");
	operator_jump();
}

static void after(void)
{
	char bdf[BDF_LEN];

	ok(walk_translation_on(), "translation is on when the operator looks", "it is off");
	operator_find(bdf);
	ok(pci_bus_master_path(bdf), "bus mastering is on, for the NIC and above it", "it is off");
	operator_refuses("process 1 (systemd) has a session of the last update open",
			 "iolu kexec refuses while a session waits in systemd's store");
	operator_refuses("1 devices of the last update were not taken over", "and its device");
	operator_start("restored");
	iolu_tells(iolu("status", NULL), 0, "marked", "its token is marked for the next update");
	operator_refuses("nothing of the last update waits",
			 "nothing is in the way of the next update");
	story_traffic("lu.post");
	operator_stop("a VMM that is not preserved can be stopped as on any day");
	ok(!guard_changed(), "no DMA reached physical memory untranslated", "it did");
}

SCENARIO(.name = "systemd", .systemd = true, .command = true, .timeout = 120,
	 .cmdline = OPERATOR_CMDLINE, .vmm = service_vmm, .before = before, .after = after);
