// SPDX-License-Identifier: GPL-2.0
/*
 * An update of a host whose process 1 is systemd, with the unit files of examples/systemd: the VMM
 * is vmm@vm0.service (testos/lib/service.c), systemd keeps its session, the kexec is systemctl
 * kexec, and frames arrive throughout. This file is the operator, a service as well, which uses
 * iolu and systemctl; `iolu kexec --dry-run` is asked wherever an update would lose a VM.
 *
 * Not checked here but elsewhere: the tables in memory, bit for bit.
 *
 * promise: systemd
 * red when: systemd keeps the store of a unit that stops (`FileDescriptorStorePreserve`): the
 *   session is a new one, NIC stopped and reset, 5,504 of 8,225 frames lost
 * red when: the fresh session goes into the store (`FDSTORE=1` in `manager.c`): `iolu kexec`
 *   refuses: a session is in no store
 * red when: all bridges have bus mastering before `iolu kexec --force`: `iolu kexec --dry-run`
 *   says no, and after systemd has ended all VMMs the session is left behind
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iommu/guard.h"
#include "iommu/platform.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "lib/service.h"
#include "os/command.h"
#include "os/operator.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

/* Until iolu status has these words no more: systemd closes released files a moment later. */
static void await_end(const char *words, const char *fact)
{
	int tries = 50;

	while (iolu("status", NULL) || (strstr(iolu_said(), words) && --tries))
		sleep_ms(100);
	ok(tries, fact, "\"%s\" all the time", words);
}

static void ask_too_early(void)
{
	int session;

	operator_refuses("no kernel is loaded", "iolu kexec refuses without an image");
	operator_refuses("1 in use, 0 preserved", "and while a VMM has not preserved");
	session = luo_create("alone");
	operator_refuses("systemd needs the device",
			 "and while /dev/liveupdate is held");
	luo_let_go();
	operator_refuses("which systemd ends first, has the session in no store",
			 "and while a session is in no store");
	close(session);
	ok_rc(kexec_load_untold(), "an image can be loaded with kexec_load");
	operator_refuses("will receive KHO's data is not shown",
			 "which iolu kexec does not take");
}

/* A part of the VM's memory, as a debugger of that process has it */
static int borrow_memory(void)
{
	char path[64], what[64];
	int fd, pid;

	systemctl("show", "-P", "MainPID", VMM, NULL);
	pid = atoi(iolu_said());
	for (fd = 255; fd >= 0; fd--) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		if (readlink(path, what, sizeof(what)) > 0 && !strncmp(what, "/memfd:vm-", 10))
			return must_open(path, O_RDWR);
	}
	bail_out("process %d has no memory of a VM", pid);
}

/* If all were stopped first, this would be a line on the console, and a VM less. */
static void fail(void)
{
	int memory = borrow_memory(), session = luo_create("another");

	ok_rc(luo_preserve_fd(session, memory, 1), "memory of the VM is in another session");
	luo_let_go();
	operator_preserve("already in a session");
	operator_refuses("1 in use, 0 preserved", "iolu kexec refuses when a preserve has failed");
	close(session);
	close(memory);
	await_end("vmm@vm0.servi-", "the session of that preserve is gone");
}

static void call_off(void)
{
	operator_preserve("preserved");
	iolu_tells(iolu("status", NULL), 0, ".0  outgoing", "the NIC is preserved and runs");
	ok(!systemctl("kill", "--signal=USR1", VMMS, NULL), "a signal makes VMMs cancel it", "%s",
	   iolu_said());
	await_end(".0  outgoing", "it is preserved no more");
}

static void before(void)
{
	char bdf[BDF_LEN];

	systemctl("--version", NULL);
	operator_find(bdf);
	guard_fill();
	operator_start("built");
	ask_too_early();
	operator_load();
	fail();
	call_off();
	operator_preserve("preserved");
	iolu_tells(iolu("kexec", "--dry-run", NULL), 0, "1 in use, 1 preserved",
		   "iolu kexec would make the update");
	operator_jump();
}

static void after(void)
{
	char bdf[BDF_LEN];

	ok(platform()->translating(), "translation is on when the operator looks", "it is off");
	operator_find(bdf);
	ok(pci_bus_master_path(bdf), "bus mastering is on, for the NIC and above it", "it is off");
	operator_refuses("process 1 (systemd) has an incoming session open",
			 "iolu kexec refuses while a session waits in systemd's store");
	operator_refuses("1 devices of the last update are not finished", "and its device");
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
