// SPDX-License-Identifier: GPL-2.0
/*
 * Facts about the machine under test. A scenario that runs the usual story on an unusual
 * machine proves nothing if an emulator option was ignored, so each option has a fact here that
 * is checked inside the machine: registers, table entries, sysfs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/iommufd.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "story/machine.h"
#include "story/story.h"

void machine_before(void (*check)(void))
{
	story_begin(one_nic_each, 1);
	check();
	story_preserve();
	story_leave();
}

const struct walk_device *machine_nic_entry(void)
{
	const uint16_t id = pci_source_id(state_get()->vm[0].device[0].bdf);
	static struct walk walk;

	walk_capture(&walk, &id, 1);
	return &walk.device[0];
}

void machine_is_first_stage(void)
{
	ok(machine_nic_entry()->first_stage, "the NIC's table is a first-stage one", "it is not");
}

void machine_has_levels(uint32_t n)
{
	uint32_t levels = machine_nic_entry()->levels;

	ok(levels == n, "the NIC's table has as many levels as expected", "%u, not %u", levels, n);
}

void machine_has_cpus(int n)
{
	int here = sysconf(_SC_NPROCESSORS_ONLN);

	ok(here == n, "all CPUs are online", "%d of %d", here, n);
}

void machine_has_high_memory(void)
{
	uint64_t phys = phys_of(device_memory(story_vm(0), 0));

	ok(phys >> 32, "the NIC's ring lies above 4 GiB", "it lies at 0x%llx",
	   (unsigned long long)phys);
}

/* The kind of domain that the kernel itself uses for the NIC. */
void machine_group_is(const char *type)
{
	char path[128], text[32], bdf[BDF_LEN];

	if (!dma_device_find(0, bdf))
		bail_out("the NIC is gone");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/type", bdf);
	if (file_read(path, text, sizeof(text)) < 0)
		bail_out("cannot read %s", path);
	ok(!strcmp(text, type), "the kernel's own domain for the NIC is of the kind asked for",
	   "%s, not %s", text, type);
}

void machine_bridges(unsigned int n)
{
	struct pci_path path;

	pci_path(story_vm(0)->data->device[0].bdf, &path);
	ok(path.n == n + 1, "the NIC is behind as many bridges as it should be", "%u instead of %u",
	   path.n - 1, n);
}
