// SPDX-License-Identifier: GPL-2.0
/*
 * An operator finds out which VM could not go, before the kexec: iolu names the session of a VM whose
 * VMM keeps a call on its device from returning, and says that it will be left behind, or, if no
 * session may be, that the kexec is refused. The operator unpreserves that session, and makes the
 * update with the other VM.
 *
 * promise: 5, 7
 * red when: the kernel has no LIVEUPDATE_IOCTL_CHECK_SESSION: iolu does not name the session
 * red when: iolu says nothing if it cannot open /dev/liveupdate (`left_behind`): the same
 */
#include <string.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/command.h"
#include "os/child.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"
#include "story/stubborn.h"

static struct minimal_vm stubborn = { .name = "stubborn" };

static void before(void)
{
	pid_t pid;

	story_begin(one_nic_each, 1);
	story_preserve();
	pci_find_device(EXTRA_E1000E, 0, stubborn.bdf);
	minimal_vm_build(&stubborn);
	minimal_vm_preserve(&stubborn);
	kexec_load_next(story_stage());
	iolu("kexec", "--dry-run", NULL);
	ok(strstr(iolu_said(), "not asked if they can be frozen: /dev/liveupdate: Device or resource busy"),
	   "with /dev/liveupdate in use iolu cannot ask, and says so", "it does not");
	luo_let_go();
	iolu("kexec", "--dry-run", NULL);
	ok(!strstr(iolu_said(), "cannot be frozen"), "each session can go", "one cannot");
	pid = stubborn_call(stubborn.dev);
	iolu("kexec", "--dry-run", NULL);
	ok(strstr(iolu_said(), "session stubborn cannot be frozen (Device or resource busy) and "
		  "will be left behind"), "iolu names the session that cannot go", "it does not");
	ok(!strstr(iolu_said(), "session vm0"), "and no other", "it does");
	iolu_tells(iolu("kexec", "--dry-run", "--strict", NULL), 1,
		   "session stubborn cannot be frozen (Device or resource busy)",
		   "if no session may be left behind the kexec is refused");
	iolu_tells(iolu("unpreserve", "vm9", NULL), 1, "no outgoing session has the name vm9",
		   "a session that never was cannot be unpreserved");
	iolu_tells(iolu("unpreserve", "stubborn", NULL), 0, "unpreserved: stubborn",
		   "the stubborn one can");
	iolu("kexec", "--dry-run", NULL);
	ok(!strstr(iolu_said(), "cannot be frozen"), "then each session can go", "one cannot");
	child_kill(pid);
	story_leave();
}

SCENARIO(.name = "command_tenants", .cmdline = "lu.rate=300", .command = true, .timeout = 120,
	 .qemu = "-device pcie-root-port,id=more,chassis=8,addr=08 -device e1000e,bus=more",
	 .before = before, .after = story_after);
