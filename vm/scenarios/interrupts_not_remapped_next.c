// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel does not use interrupt remapping. The unit blocks all interrupt requests when it
 * boots, so it has to turn remapping off, and without remapping a preserved device could send any
 * interrupt. It stops the NIC first, then it boots as usual. The session can be discarded, and the
 * NIC is an ordinary device. (vfio does not use it without interrupt remapping.)
 *
 * promise: 6
 * red when: nothing turns remapping off that the kernel does not use
 *   (`intel_liveupdate_no_irq_remapping`): the next kernel does not boot
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
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

static bool state_is(const char *bdf, const char *state)
{
	char path[80], text[32];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/liveupdate", bdf);
	return file_read(path, text, sizeof(text)) > 0 && !strncmp(text, state, strlen(state));
}

static void after(void)
{
	struct vm_data *data;
	int session;

	story_arrive();
	data = &state_get()->vm[0];
	ok(klog_says("interrupt remapping goes off: isolating all incoming devices"),
	   "the kernel says why it isolates the NIC", "it does not");
	ok_nic(0, !pci_bus_master(data->device[0].bdf), "the NIC is stopped", "it is bus master");
	mark_nic(0, "quiet");
	session = luo_retrieve(data->session);
	ok_errno(luo_retrieve_fd(session, TOKEN_DEVICE(0)), EIO, "the NIC cannot be retrieved");
	ok_rc(luo_discard(session), "the session is discarded");
	close(session);
	ok(state_is(data->device[0].bdf, "none"), "the NIC is an ordinary device", "it is not");
}

SCENARIO(.name = "interrupts_not_remapped_next", .cmdline = "lu.rate=300",
	 .cmdline2 = "intremap=off", .discarded = "0", .platform = "vtd",
	 .before = before, .after = after);
