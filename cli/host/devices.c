// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the host. Every driver of vfio, also one of a vendor, registers its devices in
 * /sys/class/vfio-dev, so no driver name is searched for.
 *
 * A PCI function is enabled while a user has it open, and its attribute "enable" is the number
 * of users, so use is known for each function by itself, also if the user's process cannot be
 * seen. The process is found in /proc, if it is visible; a file descriptor that was retrieved
 * from a session does not name its device there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/devices.h"
#include "host/files.h"

#define PCI	"/sys/bus/pci/devices"
#define VFIO	"/sys/class/vfio-dev"

static const char *const states[] = {
	[DEVICE_NONE] = "none", [DEVICE_OUTGOING] = "outgoing",
	[DEVICE_INCOMING] = "incoming", [DEVICE_ISOLATED] = "isolated",
	[DEVICE_NOT_SHOWN] = "not shown",
};

enum device_state device_state(const char *bdf)
{
	char text[32];
	int i;

	if (host_text(text, sizeof(text), PCI "/%s/liveupdate", bdf))
		return DEVICE_NOT_SHOWN;
	for (i = DEVICE_NONE; i <= DEVICE_ISOLATED; i++)
		if (!strcmp(text, states[i]))
			return i;
	return DEVICE_NOT_SHOWN;
}

const char *device_state_name(enum device_state state)
{
	return states[state];
}

static struct device *append(struct devices *devices, const char *name)
{
	struct device *more = realloc(devices->device, (devices->n + 1) * sizeof(*more));

	if (!more)
		return NULL;
	devices->device = more;
	more[devices->n] = (struct device){};
	snprintf(more[devices->n].name, sizeof(more->name), "%s", name);
	return &more[devices->n++];
}

static bool is_listed(const struct devices *devices, const char *name)
{
	int i;

	for (i = 0; i < devices->n; i++)
		if (!strcmp(devices->device[i].name, name))
			return true;
	return false;
}

static void find_vfio(struct devices *devices)
{
	struct names names = host_names(VFIO);
	char device[64];
	int i;

	for (i = 0; i < names.n; i++) {
		struct device *d;

		if (host_link_name(device, sizeof(device), VFIO "/%s/device", names.name[i]))
			continue;
		d = append(devices, device);
		if (!d)
			continue;
		snprintf(d->vfio, sizeof(d->vfio), "%s", names.name[i]);
		d->pci = host_has(PCI "/%s", device);
		d->state = d->pci ? device_state(device) : DEVICE_NONE;
	}
	host_names_free(&names);
}

/* PCI functions in an update that no vfio driver has: incoming ones that are not retrieved */
static void find_others(struct devices *devices)
{
	struct names names = host_names(PCI);
	int i;

	for (i = 0; i < names.n; i++) {
		enum device_state state = device_state(names.name[i]);
		struct device *d;

		devices->state_shown |= state != DEVICE_NOT_SHOWN;
		if (state == DEVICE_NONE || state == DEVICE_NOT_SHOWN ||
		    is_listed(devices, names.name[i]))
			continue;
		d = append(devices, names.name[i]);
		if (!d)
			continue;
		d->pci = true;
		d->state = state;
	}
	host_names_free(&names);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct device *)a)->name, ((const struct device *)b)->name);
}

struct devices devices_find(void)
{
	struct devices devices = { .visible = host_has(PCI) };

	find_vfio(&devices);
	find_others(&devices);
	if (devices.n)
		qsort(devices.device, devices.n, sizeof(*devices.device), by_name);
	return devices;
}

void devices_free(struct devices *devices)
{
	free(devices->device);
	*devices = (struct devices){};
}

static void find_process(const struct device *device, const struct holders *holders,
			 struct device_user *user)
{
	char own[64], group[64], name[32] = "";
	int i;

	host_link_name(name, sizeof(name), "%s/%s/iommu_group", device->pci ? PCI : VFIO,
		       device->pci ? device->name : device->vfio);
	snprintf(own, sizeof(own), "/dev/vfio/devices/%s", device->vfio);
	snprintf(group, sizeof(group), "/dev/vfio/%s", name);
	for (i = 0; i < holders->n; i++) {
		const struct holder *h = &holders->holder[i];
		bool through_group = *name && !strcmp(h->target, group);

		if (!through_group && (!*device->vfio || strcmp(h->target, own)))
			continue;
		user->through_group |= through_group;
		if (user->pid)
			continue;
		user->pid = h->pid;
		snprintf(user->by, sizeof(user->by), "process %d (%s)", h->pid, h->comm);
	}
}

struct device_user device_user(const struct device *device, const struct holders *holders)
{
	struct device_user user = {};
	uint64_t users;

	find_process(device, holders, &user);
	if (user.pid)
		user.use = DEVICE_IN_USE;
	else if (device->pci && !host_number(&users, PCI "/%s/enable", device->name))
		user.use = users ? DEVICE_IN_USE : DEVICE_IDLE;
	else
		user.use = holders->complete ? DEVICE_IDLE : DEVICE_USE_UNKNOWN;
	return user;
}
