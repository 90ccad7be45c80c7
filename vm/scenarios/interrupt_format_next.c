// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel uses interrupt tables of another format, without x2APIC, and asks for page tables
 * of a format that the emulated unit has not. Nothing of that is about the preserved device's page
 * table: it is adopted as ever.
 *
 * promise: 1
 */
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

SCENARIO(.name = "interrupt_format_next",
	 .cmdline2 = "nox2apic amd_iommu_intr=legacy amd_iommu=pgtbl_v2", .platform = "amd",
	 .remapping_stays_on = true, .before = before, .after = story_after);
