/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of the host that matter for a live update: those of vfio, outgoing and incoming ones */
#ifndef IOLU_CLI_HOST_DEVICES_H
#define IOLU_CLI_HOST_DEVICES_H

#include <stdbool.h>

#include "host/open_files.h"

/* The live update state of a PCI function, from its attribute "liveupdate" */
enum device_state {
	DEVICE_NONE, DEVICE_OUTGOING, DEVICE_INCOMING, DEVICE_ISOLATED,
	DEVICE_NOT_SHOWN,
};

enum device_state device_state(const char *bdf);
const char *device_state_name(enum device_state state);

/**
 * struct device - A device that has a vfio driver, or a part in a live update.
 * @name: Its address; another name of the device if it is no PCI function.
 * @vfio: The name "vfioN" of its character device, "" if it has no vfio driver.
 * @pci: It is a PCI function.
 * @state: Its live update state.
 */
struct device {
	char name[64], vfio[32];
	bool pci;
	enum device_state state;
};

/**
 * struct devices - All of them, sorted by name.
 * @visible: The PCI devices of the host are visible. If false an empty list proves nothing.
 * @state_shown: The kernel shows live update states.
 */
struct devices {
	struct device *device;
	int n;
	bool visible, state_shown;
};

struct devices devices_find(void);
void devices_free(struct devices *devices);

/* Is a device in use? */
enum device_use { DEVICE_IDLE, DEVICE_IN_USE, DEVICE_USE_UNKNOWN };

/**
 * struct device_user - The process that uses a device.
 * @use: Whether the device is in use.
 * @pid: A process that has it open, 0 if none is visible.
 * @by: "process PID (COMMAND)" for that process, or "".
 * @through_group: It is open through /dev/vfio/GROUP.
 */
struct device_user {
	enum device_use use;
	int pid;
	char by[64];
	bool through_group;
};

/* @holders: From open_files_find("/dev/vfio/"). */
struct device_user device_user(const struct device *device, const struct holders *holders);

#endif /* IOLU_CLI_HOST_DEVICES_H */
