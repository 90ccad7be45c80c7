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
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "guard.h"
#include "kexec.h"
#include "luo.h"
#include "pci.h"
#include "report.h"
#include "scenario.h"
#include "service.h"
#include "story.h"
#include "util.h"
#include "walk.h"

#define VMM	"vmm@vm0.service"

static void must_systemctl(const char *verb, const char *unit, const char *fact)
{
	if (!ok(!systemctl(verb, unit, NULL), fact, "%s", iolu_said()))
		give_up("systemctl %s %s", verb, unit);
}

static void refuses(const char *words, const char *fact)
{
	iolu_tells(iolu("kexec", "--dry-run", NULL), 1, words, fact);
}

static bool preserved(void)
{
	char text[32];

	return file_read("/sys/kernel/liveupdate/iommu/preserved_devices", text,
			 sizeof(text)) > 0 && atoi(text);
}

/* -- the first kernel -- */

static void ask_too_early(void)
{
	int session;

	refuses("no kernel is loaded", "iolu kexec refuses without an image");
	refuses("1 in use, 0 preserved", "and while a VMM has not preserved");
	session = luo_create("alone");
	refuses("systemd needs the device at the update", "and while /dev/liveupdate is held");
	luo_let_go();
	refuses("which systemd ends first, has one alone", "and while a session is in no store");
	close(session);
	ok_rc(kexec_load_untold(), "an image can be loaded with kexec_load");
	refuses("will be told what is preserved is not shown", "which iolu kexec does not take");
}

static void call_off(void)
{
	int tries = 100;

	must_systemctl("reload", VMM, "systemctl reload makes the VMM preserve");
	iolu_tells(iolu("status", NULL), 0, "preserved  running", "the NIC is preserved and runs");
	ok(!systemctl("kill", "--signal=USR1", VMM, NULL), "the VMM is told to call it off", "%s",
	   iolu_said());
	while (preserved() && --tries)
		sleep_ms(50);
	ok(!preserved(), "nothing is preserved then", "the NIC is, after five seconds");
}

static void load(void)
{
	char line[2048];

	kexec_next_cmdline(line, sizeof(line), story_stage());
	iolu("load", NEXT_KERNEL, "--initrd", NEXT_INITRD, "--cmdline", line, NULL);
}

_Noreturn static void jump(void)
{
	iolu("kexec", NULL);
	for (;;)
		pause();
}

static void prepare(char *bdf)
{
	if (!pci_find_nic(0, bdf))
		give_up("there is no NIC");
	pci_bind_vfio(bdf);
}

static void before(void)
{
	char bdf[BDF_LEN];

	systemctl("--version", NULL);
	prepare(bdf);
	guard_fill();
	must_systemctl("start", VMM, "systemd starts the VMM");
	ask_too_early();
	call_off();
	must_systemctl("reload", VMM, "it preserves again, into a fresh session");
	load();
	iolu_tells(iolu("kexec", "--dry-run", NULL), 0, "1 in use, 1 preserved",
		   "iolu kexec would jump");
	mark("load.begin");
	load();		/* the line says how many facts there were */
	mark("load.end");
	jump();
}

/* -- the next one -- */

static void after(void)
{
	char bdf[BDF_LEN];

	ok(walk_translation_on(), "translation is on when the operator looks", "it is off");
	prepare(bdf);
	ok(pci_bus_master_path(bdf), "bus mastering is on, for the NIC and above it", "it is off");
	refuses("process 1 (systemd) has a session of the last update open",
		"iolu kexec refuses while a session of the last update waits in systemd's store");
	refuses("1 devices of the last update were not taken over", "and its device");
	must_systemctl("start", VMM, "systemd starts the VMM, which goes on");
	iolu_tells(iolu("status", NULL), 0, "marked", "its token is marked for the next update");
	refuses("nothing of the last update waits", "nothing is in the way of the next update");
	story_traffic("lu.post");
	must_systemctl("stop", VMM, "a VMM that is not preserved can be stopped as on any day");
	ok(!guard_changed(), "no DMA reached physical memory untranslated", "it did");
}

/* The initramfs is too large for KHO to guess how much room the next kernel needs. */
SCENARIO(.name = "systemd", .systemd = true, .command = true, .timeout = 120,
	 .cmdline = "lu.rate=300 kho_scratch=16M,128M,128M systemd.unit=operator.service "
		    "systemd.show_status=no systemd.minimum_uptime_sec=0",
	 .vmm = service_vmm, .before = before, .after = after);
