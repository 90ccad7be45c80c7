// SPDX-License-Identifier: GPL-2.0
/*
 * The feature is compiled in, but live update is off on the command line: the kernel behaves as a
 * stock kernel. No session can be created, the kexec ends bus mastering, frames are lost.
 *
 * promise: control
 */
#include "iommu/platform.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_begin(one_nic_each, 1);
	ok(!luo_present(), "there is no live update device", "there is");
	kexec_load_next(story_stage());
	kexec_go();
}

static void after(void)
{
	bool on = platform()->translating();

	ok(on, "the next kernel has turned translation on", "it is off");
	story_stopped();
}

SCENARIO(.name = "switched_off_is_stock", .cmdline = "liveupdate=off", .expect_lost = true,
	 .before = before, .after = after);
