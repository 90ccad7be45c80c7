// SPDX-License-Identifier: GPL-2.0
/*
 * Before its VMM takes an incoming device over, only vfio-pci can be bound to it, by
 * driver_override.
 *
 * promise: waiting
 * red when: an incoming device is kept from other drivers (`pci_liveupdate_may_probe`): one of
 *   three can be bound, and vfio-pci not any more; no VM is restored
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "device/pci.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void other_drivers(const char *bdf)
{
	DIR *dir = opendir("/sys/bus/pci/drivers");
	int tried = 0, bound = 0;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "vfio-pci"))
			continue;
		pci_set(bdf, "driver_override", e->d_name);
		tried++;
		bound += !pci_bind_to(bdf, e->d_name);
	}
	ok(tried && !bound, "no other driver can be bound", "%d of %d can", bound, tried);
	pci_set(bdf, "driver_override", "\n");
	file_write("/sys/bus/pci/drivers/vfio-pci/new_id", "8086 10c9");
	ok(!pci_is_vfio(bdf), "vfio-pci takes it by driver_override only", "it took it");
	ok_errno(pci_bind_to(bdf, "vfio-pci"), EBUSY, "and says why");
}

static void after(void)
{
	const char *bdf;

	story_arrive();
	bdf = state_get()->vm[0].device[0].bdf;
	other_drivers(bdf);
	pci_bind_vfio(bdf);
	ok_rc(pci_unbind_vfio(bdf), "vfio-pci can be unbound");
	ok_nic(0, pci_bus_master_path(bdf), "which does not stop the device", "it does");
	story_go_on();
}

SCENARIO(.name = "driver_binding", .before = before, .after = after);
