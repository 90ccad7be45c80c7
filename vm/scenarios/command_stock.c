// SPDX-License-Identifier: GPL-2.0
/*
 * iolu on a kernel without the feature reports that, and changes nothing.
 *
 * promise: command, mismatch
 */
#include <errno.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "os/command.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	struct vm *vm = story_alone();

	iolu_tells(iolu("check", NULL), 1, "does not preserve IOMMU state",
		   "check says no to this kernel");
	iolu_tells(iolu("check", NULL), 1, "HWPTs cannot be preserved", "to its iommufd");
	iolu_tells(iolu("check", NULL), 1, "devices cannot be preserved", "and to its vfio-pci");
	ok_errno(vm_mark(vm), ENOTTY, "an HWPT cannot be marked");
	iolu_tells(iolu("check", "--kernel", NEXT_KERNEL, "--reuse-cmdline", NULL), 1,
		   "does not read:", "check says no to it as the next kernel");
	iolu_tells(iolu("status", NULL), 1, "preserves iommu state  false", "status says so");
	iolu_tells(iolu("kexec", NULL), 1, "does not preserve IOMMU state", "kexec does nothing");
	iolu_tells(iolu("load", NEXT_KERNEL, "--reuse-cmdline", NULL), 1, "not loaded",
		   "load does nothing");
	iolu_tells(iolu("discard", "vm0", NULL), 1, "cannot discard sessions", "nor discard");
	story_close(vm);
}

SCENARIO(.name = "command_stock", .kernel = "stock", .command = true, .before = before);
