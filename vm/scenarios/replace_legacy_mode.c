// SPDX-License-Identifier: GPL-2.0
/*
 * The same as replace.c in legacy mode: the context entry points to the table. A function without a
 * DMA alias is in one group with a device that has one: the first has a gap, too, since the group
 * moves as a whole. It moves to and fro while the NICs receive. (Stages cannot be mixed here: the
 * emulated unit has either first-stage or second-stage tables.)
 *
 * promise: 1
 * red when: the device moves by the ordinary attach (`intel_liveupdate_attach_device`): 6,217 of 11,304
 *   frames lost, DMA faults between the two tables
 * red when: the entry keeps the old table (the store of `intel_lu_switch_context`): no frame is
 *   lost, but the entries lead to the table that the NICs have left
 * red when: only the device itself is asked (`iommu_liveupdate_can_replace`): the function in the
 *   group has no gap
 */
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "iommu/vtd.h"
#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/machine.h"
#include "story/replace.h"
#include "story/story.h"

/* No ACS isolates a function from a bridge beside it, nor from the device behind that. */
#define MIXED_GROUP							\
	"-device pcie-root-port,id=mixed,chassis=8,addr=08"		\
	" -device e1000e,bus=mixed,addr=0.0,multifunction=on"		\
	" -device pcie-pci-bridge,id=pci,bus=mixed,addr=0.1 -device e1000,bus=pci,addr=01"

static void ask_mixed_group(struct vm *vm)
{
	char bdf[BDF_LEN], aliased[BDF_LEN];
	uint32_t id, hwpt;
	int dev;

	pci_find_device(EXTRA_E1000E, 0, bdf);
	pci_find_device(EXTRA_E1000, 0, aliased);
	ok(pci_group(bdf) == pci_group(aliased),
	   "a function and a device with an alias share a group", "they do not");
	dev = vfio_open_bound(bdf, vm->iommufd, &id);
	ok_rc(dev, "the function is opened");
	ok_rc(vfio_attach(dev, vm->hwpt[0]), "and attached");
	ok_rc(hwpt_alloc(vm->iommufd, id, vm->ioas[0], &hwpt), "there is another HWPT");
	ok(hwpt_may_replace(vm->iommufd, vm->device[0].id, hwpt) == 1,
	   "a NIC can move there without a gap", "it cannot");
	ok(hwpt_may_replace(vm->iommufd, id, hwpt) == 0, "the function cannot", "it can");
	ok_rc(vfio_attach(dev, hwpt), "and moves there with a gap");
	ok(hwpt_may_replace(vm->iommufd, id, vm->hwpt[0]) == 0, "nor can it return without one",
	   "it can");
	ok_rc(vfio_attach(dev, vm->hwpt[0]), "and returns");
	close(dev);
	ok_rc(iommufd_destroy(vm->iommufd, hwpt), "the other HWPT is destroyed");
}

static void check(void)
{
	vtd_is_scalable(false);
	ask_mixed_group(story_vm(0));
}

static void before(void)
{
	replace_before(1, check);
}

SCENARIO(.name = "replace_legacy_mode", .platform = "vtd", .iommu = "scalable-mode=off",
	 .nics = "igb,igb", .cmdline = "lu.rate=300", .timeout = 150, .qemu = MIXED_GROUP,
	 .before = before, .after = replace_after);
