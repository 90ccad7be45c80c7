// SPDX-License-Identifier: GPL-2.0
/*
 * The machine cannot be suspended while a device is preserved: the device and the IOMMU would lose
 * power. Suspend is refused before the update, and after it until the session is finished.
 *
 * promise: waiting
 * red when: suspend is refused: the machine sleeps, time-out
 */
#include <errno.h>
#include <unistd.h>

#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void no_suspend(void)
{
	ok_errno(file_write("/sys/power/state", "freeze"), EBUSY, "nothing can be frozen");
	ok_errno(file_write("/sys/power/state", "mem"), EBUSY, "nor suspended to memory");
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	story_preserve();
	no_suspend();
	story_leave();
}

static void after(void)
{
	story_arrive();
	no_suspend();
	story_retrieve();
	no_suspend();
	story_adopt();
	story_finish();
	story_end();
}

SCENARIO(.name = "suspend_is_refused", .timeout = 40, .before = before, .after = after);
