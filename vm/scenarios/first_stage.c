// SPDX-License-Identifier: GPL-2.0
/*
 * One igb whose HWPT is a first-stage table: another page-table format. Such a unit can take page
 * requests; a device that can make them is refused.
 *
 * promise: 1, 5
 */
#include <errno.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/story.h"

static void refuse_page_requests(struct vm *vm)
{
	char bdf[BDF_LEN];
	int dev;

	/* For the runner: it does not stay preserved. */
	fig("pasids_discarded", 1);
	pci_find_device(EXTRA_PASIDS, 0, bdf);
	dev = extra_attach(vm, bdf);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	extra_open_session(vm);
	klog_skip();
	refused(luo_preserve_fd(vm->session, dev, EXTRA_TOKEN), EOPNOTSUPP,
		"not preserved: device and IOMMU support PRI", "a device with PRI is refused");
	vm_call_off(vm);
	close(dev);
	ok_rc(pci_unbind_vfio(bdf), "it has no driver any more");
}

static void check(void)
{
	vtd_is_scalable(true);
	machine_is_first_stage();
	refuse_page_requests(story_vm(0));
}

static void before(void)
{
	machine_before(check);
}

SCENARIO(.name = "first_stage", .platform = "vtd", .pasids = true,
	 .iommu = "fsts=on,pasid-bits=20,svm=on,device-iotlb=on,caching-mode=on", .before = before, .after = story_after);
