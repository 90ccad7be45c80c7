// SPDX-License-Identifier: GPL-2.0
/*
 * A device that cannot be reset is discarded. Its state is unknown, so it stays isolated and
 * unusable until the machine is rebooted. The NIC beside it keeps receiving.
 *
 * promise: 6
 * red when: incoming records are read before drivers of IOMMUs hold locks (`fs_initcall_sync`): on
 *   the debug kernel lockdep reports a circular dependency
 */
#include <errno.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"

static struct minimal_vm rng = { .name = "rng" };

static void before(void)
{
	story_begin(one_nic_each, 1);
	pci_find_device(EXTRA_VIRTIO_RNG, 0, rng.bdf);
	minimal_vm_build(&rng);
	ok_errno(vfio_reset(rng.dev), EINVAL, "the device cannot be reset");
	minimal_vm_preserve(&rng);
	story_preserve();
	story_leave();
}

static void stays_isolated(const char *name)
{
	const int iommufd = iommufd_open();
	uint32_t id;

	ok(!pci_bus_master(rng.bdf), name, "it is bus master");
	ok_errno(vfio_open_bound(rng.bdf, iommufd, &id), EPERM, "and it cannot be opened");
	close(iommufd);
}

static void after(void)
{
	story_arrive();
	pci_find_device(EXTRA_VIRTIO_RNG, 0, rng.bdf);
	pci_bind_vfio(rng.bdf);
	ok(pci_bus_master(rng.bdf), "the device was preserved", "it is not bus master");
	rng.session = luo_retrieve(rng.name);
	ok_rc(luo_discard(rng.session), "its session is discarded");
	close(rng.session);
	stays_isolated("it is stopped");
	story_take_over(story_vm(0));
	stays_isolated("it still is when all sessions are finished");
	story_end();
}

SCENARIO(.name = "cannot_be_reset", .cmdline = "lu.rate=300",
	 .qemu = "-device virtio-rng-pci,iommu_platform=on,disable-legacy=on,addr=0b",
	 .before = before, .after = after);
