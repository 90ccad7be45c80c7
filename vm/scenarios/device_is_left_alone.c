// SPDX-License-Identifier: GPL-2.0
/*
 * The operations on a preserved device that userspace of the next kernel can try: open, reset,
 * remove, rescan, power saving. Each is refused or has no effect, before and after the VMM has
 * retrieved the device.
 *
 * promise: waiting
 * red when: a preserved device is not reset (`pci_liveupdate_no_reset`): userspace resets it
 *   before its VMM comes; 6,765 of 17,955 frames lost
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void leave_alone(const char *bdf, bool owned)
{
	const int iommufd = iommufd_open();
	struct pci_path path;

	pci_path(bdf, &path);
	ok_errno(vfio_open(bdf), EBUSY, "no other process can open the device");
	ok_errno(vfio_open_by_group(bdf, iommufd), EBUSY, "nor through its group");
	close(iommufd);
	ok_errno(pci_set(bdf, "reset", "1"), EBUSY, "it cannot be reset");
	ok_errno(pci_set(path.bdf[0], "reset_subordinate", "1"), EBUSY, "nor its bus");
	ok_errno(pci_set(bdf, "remove", "1"), EBUSY, "it cannot be removed");
	ok_errno(pci_set(path.bdf[0], "remove", "1"), EBUSY, "nor the bridge above it");
	ok_rc(file_write("/sys/bus/pci/rescan", "1"), "looking for devices again is allowed");
	ok_rc(pci_set(bdf, "power/control", "auto"), "and so is saving power");
	ok_rc(pci_set(path.bdf[0], "power/control", "auto"), "also with the bridge");
	sleep_ms(1500);
	ok(!pci_power_state(bdf), "the device stays in D0", "D%d", pci_power_state(bdf));
	ok(pci_is_active(bdf) && pci_is_active(path.bdf[0]),
	   "neither it nor the bridge is suspended", "one is");
	tables_compare(owned ? "after its VMM has retrieved it" : "before its VMM has retrieved it");
}

static void after(void)
{
	const char *bdf;

	story_arrive();
	bdf = state_get()->vm[0].device[0].bdf;
	pci_bind_vfio(bdf);
	leave_alone(bdf, false);
	story_retrieve();
	leave_alone(bdf, true);
	story_adopt();
	story_finish();
	story_end();
}

SCENARIO(.name = "device_is_left_alone", .before = before, .after = after);
