// SPDX-License-Identifier: GPL-2.0
/*
 * A device is unbound from its driver while a session has its file. The unbind holds the device's
 * lock and waits for the last user of the file, which is the session. Discarding the session does
 * not wait for that lock: it stops the device at once, and the reset follows when the lock is free.
 *
 * promise: 7
 * red when: the device is reset under its lock in DISCARD (`pci_reset_function`): DISCARD and the
 *   unbind wait for each other, neither can be killed, and later calls of LUO hang
 */
#include <signal.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/child.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_begin(one_nic_each, 1);
	story_discard_from(0);
	story_preserve();
	story_leave();
}

static pid_t start_unbind(const char *bdf)
{
	pid_t pid = fork();

	if (!pid) {
		file_write("/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
		_exit(0);
	}
	return pid;
}

static pid_t start_discard(int session)
{
	pid_t pid = fork();

	if (!pid)
		_exit(-luo_discard(session));
	return pid;
}

static bool released(void)
{
	unsigned int i;

	for (i = 0; i < 50; i++) {
		if (klog_says("discarded: device reset and released"))
			return true;
		sleep_ms(100);
	}
	return false;
}

static void after(void)
{
	const char *bdf;
	int session, dev;
	pid_t unbind;

	story_arrive();
	bdf = state_get()->vm[0].device[0].bdf;
	pci_bind_vfio(bdf);
	session = luo_retrieve(state_get()->vm[0].session);
	dev = luo_retrieve_fd(session, TOKEN_DEVICE(0));
	ok(dev >= 0, "the device's file is retrieved", "error %d", -dev);
	close(dev);
	unbind = start_unbind(bdf);
	ok(!child_ends(unbind, 1000), "an unbind waits for the session", "it came back");
	ok(child_ends(start_discard(session), 8000), "DISCARD comes back", "it hangs");
	ok_nic(0, !pci_bus_master(bdf), "the device is stopped", "it is bus master");
	mark_nic(0, "quiet");
	ok(child_ends(unbind, 8000), "the unbind comes back", "it hangs");
	close(session);
	ok(released(), "the device is reset and released", "it is not");
	story_receive_again(0);
	story_discard_from(0);
	story_end();
}

SCENARIO(.name = "discarded_during_unbind", .cmdline = "lu.rate=300", .discarded = "0",
	 .before = before, .after = after);
