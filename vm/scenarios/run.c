// SPDX-License-Identifier: GPL-2.0
/*
 * One igb receives while the kernel under it is replaced; no frame is lost. As in every scenario
 * with traffic, entries and tables are compared at four moments, and the guard pattern shows DMA
 * that was not translated.
 *
 * promise: 1, 2, 3
 * red when: shutdown keeps the unit on (`intel_liveupdate_shutdown`): entries gone, device
 *   isolated by the next kernel ("translation was off"), bind refused, frames lost
 * red when: boot keeps translation on (`intel_liveupdate_keep_translation`): the same, found at
 *   boot
 * red when: bus mastering stays on (`pci_liveupdate_keeps_master` in `pci_clear_master`): bus
 *   mastering off, frames lost
 * red when: the PASID table is taken over (`intel_liveupdate_adopt_pasid_table`): device isolated,
 *   entries gone, frames lost
 * red when: attaching the domain that is attached already succeeds (`__iommu_attach_group`):
 *   attach EBUSY, FINISH EBUSY
 * red when: vfio opens the device without reset (`vfio_pci_liveupdate_enable`): 3,080 of 8,888
 *   frames lost, no interrupt
 * red when: blocks of table pages are preserved (`iommu_blocks_preserve`), and the top table
 *   (`pt_lu_preserve_table`): the next kernel uses these pages and crashes from the device's writes
 *   through them; the device is isolated
 * red when: each run of pages is compared with its own memory (`cmp->next++` in `pt_lu_next_run`):
 *   adopt EBADE
 * red when: a device writes again only 400 ms after it was stopped (bus mastering off and on): no
 *   frame is lost, but they took 404 ms; with the emulator itself stopped (SIGSTOP) seven times
 *   for 0.8 s each nothing goes red
 * red when: the emulator runs to the end, the scenario says `end`, each planned fact is stated
 *   (any scenario; one at a time): the scenario fails
 * red when: AMD-Vi uses a copy of the device table (`amd_liveupdate_adopt_table`): the table of devices
 *   has moved
 * red when: AMD-Vi leaves the log of events on, or the command buffer (`iommu_disable`): they were on
 *   from kernel to kernel
 * red when: AMD-Vi changes one bit of an entry (`amd_lu_attach_device`): entry of the device table
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "run", .before = before, .after = story_after);
