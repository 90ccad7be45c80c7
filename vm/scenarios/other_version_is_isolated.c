// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel is another build of the same source, in which the record of a device has another
 * version. iolu refuses it before the kexec and does not load it. If it is booted all the same,
 * only the device is lost: it is isolated before userspace runs, its session can be discarded, and
 * the device serves the next VM.
 *
 * promise: 6, mismatch
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/command.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define RECORD	"does not read records of the running kernel: iommu-device-v"

static void iolu_says_no(void)
{
	char line[2048];

	kexec_next_cmdline(line, sizeof(line), story_stage());
	iolu_tells(iolu("check", "--kernel", NEXT_KERNEL, "--initrd", NEXT_INITRD, "--cmdline", line,
			NULL), 1, RECORD, "iolu check says no, and names the record");
	ok(!strstr(iolu_said(), "does not read:"), "and that the feature is there", "it is not");
	iolu_tells(iolu("load", NEXT_KERNEL, "--initrd", NEXT_INITRD, "--cmdline", line, NULL), 1,
		   "not loaded", "iolu load does not load it");
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	iolu_says_no();
	story_discard_from(0);
	story_preserve();
	story_leave();
}

static void is_other_build(void)
{
	struct utsname name;

	uname(&name);
	ok(strstr(name.release, "-other"), "the other build runs", "%s", name.release);
	ok(klog_says("is invalid: -EPROTO"), "it does not know the version of a record",
	   "it does not say so");
}

static void device_is_lost(const struct vm_data *data)
{
	int session;

	ok_nic(0, !pci_bus_master(data->device[0].bdf), "the device is isolated", "it is bus master");
	mark_nic(0, "quiet");
	session = luo_try_retrieve(data->session);
	ok(session >= 0, "the session can be retrieved", "error %d", -session);
	ok_errno(luo_retrieve_fd(session, TOKEN_DEVICE(0)), EIO, "the device cannot");
	ok_rc(luo_discard(session), "the session can be discarded");
	close(session);
}

static void after(void)
{
	story_arrive();
	is_other_build();
	device_is_lost(&state_get()->vm[0]);
	story_receive_again(0);
	story_discard_from(0);
	story_end();
}

SCENARIO(.name = "other_version_is_isolated", .next = SERIES "-other", .discarded = "0",
	 .cmdline = "lu.rate=300", .command = true, .before = before, .after = after);
