// SPDX-License-Identifier: GPL-2.0
/*
 * A preserved NIC has an unpreserved neighbour on its bus, which any process may open. The
 * neighbour can be reset only together with the bus, and so with the NIC. That is refused while
 * the NIC is preserved, whether userspace asks for it or vfio tries it when the neighbour is
 * closed.
 *
 * promise: waiting
 * red when: a bus with a preserved device is not reset (`pci_liveupdate_no_reset`): the bus is reset
 *   when the neighbour was used, before the NIC's VMM comes; 2,112 of 6,681 frames lost
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

static void before(void)
{
	char bdf[BDF_LEN];

	pci_find_device(EXTRA_DISPLAY, 0, bdf);
	story_begin(one_nic_each, 1);
	ok(!strncmp(bdf, state_get()->vm[0].device[0].bdf, strlen("0000:01:00.")),
	   "the NIC has a neighbour on its bus", "%s", bdf);
	story_preserve();
	story_leave();
}

static int open_neighbour(const char *bdf, int iommufd)
{
	uint32_t id;
	int dev = vfio_open_bound(bdf, iommufd, &id);

	ok_rc(dev, "the neighbour can be opened");
	return dev;
}

static void resets(const char *bdf, int iommufd, int expected, const char *name)
{
	int dev = open_neighbour(bdf, iommufd);

	ok_errno(vfio_hot_reset(dev), expected, name);
	ok_errno(vfio_reset(dev), EINVAL, "there is no other reset for it");
	close(dev);
	ok(pci_bus_master_path(state_get()->vm[0].device[0].bdf),
	   "when it is closed the NIC is still bus master", "it is not");
}

/* How it ends is the emulated port's affair. */
static void may_reset_now(struct vm *vm, const char *bdf)
{
	int dev = open_neighbour(bdf, vm->iommufd);
	char words[64];

	snprintf(words, sizeof(words), "%s: resetting", vm->device[0].place->bdf);
	klog_skip();
	diag("hot reset: error %d", -vfio_hot_reset(dev));
	ok(klog_says(words), "now its owner can reset the bus, and the NIC with it", "it cannot");
	close(dev);
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	char bdf[BDF_LEN];
	int stranger;

	story_arrive();
	pci_find_device(EXTRA_DISPLAY, 0, bdf);
	stranger = iommufd_open();
	pci_bind_vfio(state_get()->vm[0].device[0].bdf);
	resets(bdf, stranger, EINVAL, "another process cannot reset it before the NIC is retrieved");
	story_retrieve();
	resets(bdf, stranger, EINVAL, "nor when the NIC has another owner");
	resets(bdf, vm->iommufd, EBUSY, "nor can that owner");
	tables_compare("after the refused resets");
	close(stranger);
	story_adopt();
	resets(bdf, vm->iommufd, EBUSY, "nor that owner before the session is finished");
	story_finish();
	story_traffic("lu.post");
	story_judge();
	may_reset_now(vm, bdf);
	story_life();
}

SCENARIO(.name = "sibling_cannot_reset", .cmdline = "lu.rate=300", .timeout = 120,
	 .qemu = "-global igb.multifunction=on -global igb.x-pcie-ari-nextfn-1=on"
		 " -device bochs-display,bus=rp0,addr=0.1",
	 .before = before, .after = after);
