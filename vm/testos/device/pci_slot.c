// SPDX-License-Identifier: GPL-2.0
/* Slots of PCI devices: their power, and devices that come and go */
#define _GNU_SOURCE 1

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "os/report.h"
#include "os/util.h"

/* A file of the slot with this device */
static void slot_file(const char *bdf, const char *name, char *path, size_t room)
{
	char address[64];
	glob_t g;
	size_t i;

	if (glob("/sys/bus/pci/slots/*/address", 0, NULL, &g))
		bail_out("no slots");
	for (i = 0; i < g.gl_pathc; i++) {
		if (file_read(g.gl_pathv[i], address, sizeof(address)) < 0)
			continue;
		address[strcspn(address, "\n")] = 0;
		if (strncmp(address, bdf, strlen(address)))
			continue;
		snprintf(path, room, "%.*s/%s",
			 (int)(strrchr(g.gl_pathv[i], '/') - g.gl_pathv[i]), g.gl_pathv[i], name);
		globfree(&g);
		return;
	}
	bail_out("%s is in no slot", bdf);
}

/*
 * Switching off waits until no process uses the device, so another process does it. The machine
 * needs SLOTS_WITH_POWER.
 */
void pci_slot_power(const char *bdf, bool on)
{
	char power[160];
	pid_t child;

	slot_file(bdf, "power", power, sizeof(power));
	child = fork();
	if (child < 0)
		bail_out("fork: %s", strerror(errno));
	if (child)
		return;
	/* It must not wait for its own copies of the device's files. */
	close_range(3, ~0u, 0);
	_exit(-file_write(power, on ? "1" : "0"));
}

#define TRIES	100	/* of 100 ms */

static bool comes_to(const char *bdf, bool there)
{
	char path[300];
	int i;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	for (i = 0; i < TRIES; i++) {
		if (!access(path, F_OK) == there)
			return true;
		sleep_ms(100);
	}
	return false;
}

static bool slot_comes_to(const char *bdf, const char *name, char value)
{
	char path[160], now[8];
	int i;

	slot_file(bdf, name, path, sizeof(path));
	for (i = 0; i < TRIES; i++) {
		if (file_read(path, now, sizeof(now)) > 0 && *now == value)
			return true;
		sleep_ms(100);
	}
	return false;
}

/*
 * Linux takes the name out of the bus first and stops the device's DMA afterwards
 * (pciehp_unconfigure_device()), before it switches the slot off.
 */
bool pci_disappears(const char *bdf)
{
	return comes_to(bdf, false) && slot_comes_to(bdf, "power", '0');
}

bool pci_slot_fills(const char *bdf)
{
	return slot_comes_to(bdf, "adapter", '1');
}

bool pci_appears(const char *bdf)
{
	return comes_to(bdf, true);
}
