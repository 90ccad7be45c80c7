// SPDX-License-Identifier: GPL-2.0
/*
 * A rogue device: a thread on the second CPU sets its bus mastering again whenever the kernel has
 * cleared it, until that CPU is stopped.
 */
#define _GNU_SOURCE 1

#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include "device/pci.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"

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

void pci_insist_on_bus_master(const char *bdf)
{
	pthread_t thread;
	cpu_set_t second;

	CPU_ZERO(&second);
	CPU_SET(1, &second);
	if (pthread_create(&thread, NULL, insist, (void *)map_config(bdf)) ||
	    pthread_setaffinity_np(thread, sizeof(second), &second))
		bail_out("start a thread on the second CPU");
}
