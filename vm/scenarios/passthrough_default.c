// SPDX-License-Identifier: GPL-2.0
/*
 * Both kernels run with iommu=pt: the kernel's own domains use no tables, the VM's does. In legacy
 * mode, because in scalable mode the emulator (seen with 10.0) does not notice that a device
 * leaves passthrough, and writes its frames untranslated, with or without live update.
 *
 * promise: 1
 */
#include "iommu/platform.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void check(void)
{
	machine_group_is("identity");
}

static void before(void)
{
	machine_before(check);
}

static void after(void)
{
	story_after();
	check();
}

SCENARIO(.name = "passthrough_default", .cmdline = "iommu=pt", .iommu = PLAIN_MODE,
	 .before = before, .after = after);
