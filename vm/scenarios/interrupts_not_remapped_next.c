// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel does not use interrupt remapping. The unit blocks all interrupt requests when it
 * boots, so it has to turn remapping off, and without remapping a preserved device could send any
 * interrupt. It stops the NIC first, then it boots as usual. Translation is never off. The session
 * can be discarded, and the NIC is an ordinary device. (vfio does not use it without interrupt
 * remapping.)
 *
 * promise: 6
 * red when: nothing turns remapping off that the kernel does not use
 *   (`intel_liveupdate_no_irq_remapping`): the next kernel does not boot
 * red when: AMD-Vi's unit is turned off instead of set up early (`amd_liveupdate_no_irq_remapping`;
 *   an earlier kernel): translation is switched off
 */
#include "scenario.h"
#include "story/story.h"

static void after(void)
{
	story_arrive();
	story_isolated("interrupt remapping goes off: isolating all incoming devices");
}

SCENARIO(.name = "interrupts_not_remapped_next", .cmdline = "lu.rate=300",
	 .cmdline2 = "intremap=off", .discarded = "0",
	 .before = story_before_discard, .after = after);
