// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU is in legacy mode, and the firmware says that a device requires ATS, which hardware
 * enables by itself then: no kernel could disable it to isolate the device. Preserve refuses the
 * device, and `iolu check` says so before. The NIC of the same VM has ATS, too; the firmware does
 * not allow it, so it is off, and the NIC is taken. No traffic.
 *
 * promise: 4, command
 * red when: such a device is refused in scalable mode only (`intel_lu_check_ats`): it is preserved
 */
#include <errno.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/luo.h"
#include "os/command.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define WORDS	"device has ATS without the kernel"

enum { NIC, REQUIRED };

static int check(const char *bdf)
{
	return iolu("check", "--device", bdf, NULL);
}

static void nic_is_taken(struct vm *vm)
{
	ok_rc(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)),
	      "the VM's own NIC is taken into the same session");
	ok_rc(luo_check(vm->data->session), "and the session can be frozen");
	vm_call_off(vm);
}

static void before(void)
{
	struct vm *vm = story_alone();
	char bdf[BDF_LEN];
	int other;

	vtd_is_scalable(false);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	if (!dma_device_find(REQUIRED, bdf))
		bail_out("there is no second NIC");
	other = extra_attach(vm, bdf);
	ok_nic(NIC, !pci_ats_is_on(vm->device[0].place->bdf),
	       "ATS that the firmware does not allow is off", "it is on");
	ok_nic(REQUIRED, !pci_ats_is_on(bdf), "ATS that it requires is left to hardware",
	       "the kernel has enabled it");
	iolu_tells(check(bdf), 1, WORDS, "check says no to the device that requires ATS");
	iolu_tells(check(vm->device[0].place->bdf), 0, "verdict: yes", "and yes to the NIC");
	extra_open_session(vm);
	klog_skip();
	refused(luo_preserve_fd(vm->session, other, EXTRA_TOKEN), EOPNOTSUPP,
		"not preserved: " WORDS, "the device is refused");
	nic_is_taken(vm);
	close(other);
	story_close(vm);
}

SCENARIO(.name = "refusals_ats_required", .nics = "virtio-ats,virtio-ats", .unpreserved = "1",
	 .ats_required = "1", .platform = "vtd", .iommu = "device-iotlb=on,scalable-mode=off",
	 .command = true, .before = before);
