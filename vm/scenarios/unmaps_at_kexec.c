// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC with ATS is not preserved, and on each CPU a thread of its VMM maps and unmaps memory until
 * the previous kernel stops that CPU. So the queue of invalidations is in use up to that moment.
 * The previous kernel waits until all are done. The NIC of another VM is not disturbed.
 *
 * promise: 1, 3
 * red when: the previous kernel does not wait for the invalidation queue (`intel_lu_drain_queue`):
 *   nothing was waited for between the mask of fault interrupts and the new root table
 */
#define _GNU_SOURCE 1

#include <pthread.h>
#include <sched.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

enum { PRESERVED, BUSY, VMS };

#define CPUS	2

static void *map_and_unmap(void *arg)
{
	const struct vm *vm = story_vm(BUSY);
	struct area area = { .length = PAGE, .writable = 1 };
	int memfd = vm_memfd(PAGE, 0), rc = 0;

	area.iova = VM_FREE_IOVA + (uintptr_t)arg * MIB;
	while (!rc) {
		rc = ioas_map(vm->iommufd, vm->ioas[0], memfd, &area);
		if (!rc)
			rc = ioas_unmap(vm->iommufd, vm->ioas[0], area.iova, area.length);
	}
	ok_rc(rc, "memory can be mapped and unmapped until the CPU is stopped");
	return NULL;
}

static void keep_busy(unsigned int cpu)
{
	pthread_t thread;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (pthread_create(&thread, NULL, map_and_unmap, (void *)(uintptr_t)cpu) ||
	    pthread_setaffinity_np(thread, sizeof(set), &set))
		bail_out("start a thread on CPU %u", cpu);
}

static void before(void)
{
	static const struct vm_shape vms[] = {
		{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1 },
		{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1,
		  .unpreserved = true },
	};
	unsigned int cpu;

	story_begin(vms, VMS);
	ok_nic(BUSY, pci_ats_is_on(state_get()->vm[BUSY].device[0].bdf),
	       "ATS of the NIC that is not preserved is on", "it is off");
	story_preserve();
	for (cpu = 0; cpu < CPUS; cpu++)
		keep_busy(cpu);
	story_leave();
}

SCENARIO(.name = "unmaps_at_kexec", .nics = "igb,vhost", .unpreserved = "1", .platform = "vtd",
	 .iommu = "device-iotlb=on", .cmdline = "lu.rate=200", .smp = CPUS, .timeout = 120,
	 .before = before, .after = story_after);
