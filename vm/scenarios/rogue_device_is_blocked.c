// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs under traffic. One is not preserved, and on the second CPU a thread sets its bus
 * mastering again whenever the previous kernel has cleared it, until that CPU is stopped. So from
 * the last act of the previous kernel to the first of the next one this NIC tries to write each
 * frame sent to it. The entries it needs are gone: each try is a fault, no frame reaches memory.
 * The NIC beside it is not disturbed.
 *
 * promise: 3
 * red when: the minimal root has preserved devices only (`intel_liveupdate_shutdown` made to copy
 *   all entries): the rogue device writes 1,146 frames after the previous kernel is down
 * red when: devices that are not preserved are stopped (`iommu_lu_quiesce_others`): the rogue
 *   device is bus master in the next kernel
 */
#define _GNU_SOURCE 1

#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "device/pci.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define MCFG		"/sys/firmware/acpi/tables/MCFG"
#define MCFG_BASE	44	/* PCI firmware specification, table 4-3: of the first segment */

/* The device's configuration space where the machine has it, past all that the kernel forbids */
static volatile uint32_t *map_config(const char *bdf)
{
	int fd = must_open(MCFG, O_RDONLY);
	uint64_t base;

	if (pread(fd, &base, sizeof(base), MCFG_BASE) != sizeof(base))
		bail_out("read %s", MCFG);
	close(fd);
	return phys_map_regs(base + ((uint64_t)pci_source_id(bdf) << 12), PAGE);
}

static void *insist(void *config)
{
	volatile uint16_t *command = (volatile uint16_t *)config + PCI_COMMAND / 2;

	for (;;) {
		if (!(*command & PCI_COMMAND_MASTER))
			*command |= PCI_COMMAND_MASTER;
		usleep(100);
	}
	return NULL;
}

static void start_insisting(const char *bdf)
{
	pthread_t thread;
	cpu_set_t second;

	CPU_ZERO(&second);
	CPU_SET(1, &second);
	if (pthread_create(&thread, NULL, insist, (void *)map_config(bdf)) ||
	    pthread_setaffinity_np(thread, sizeof(second), &second))
		bail_out("start a thread on the second CPU");
}

static void before(void)
{
	static const struct vm_shape vms[] = {
		{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1 },
		{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1,
		  .unpreserved = true },
	};

	story_begin(vms, 2);
	story_preserve();
	start_insisting(state_get()->vm[1].device[0].bdf);
	story_leave();
}

static void after(void)
{
	story_arrive();
	ok_nic(1, !pci_bus_master(state_get()->vm[1].device[0].bdf),
	       "the next kernel has stopped it", "it is bus master");
	story_retrieve();
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	story_judge();
	story_life();
}

SCENARIO(.name = "rogue_device_is_blocked", .nics = "igb,igb", .rogue = "1", .smp = 2,
	 .timeout = 120, .before = before, .after = after);
