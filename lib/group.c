// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Devices that no ACS isolates from each other are in one IOMMU group, and are preserved together.
 * The kernel finds a missing one when the session is frozen; sysfs shows it before. Where sysfs is
 * not readable, nothing is said.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "refusals.h"
#include "vm.h"

#define CLASS_BRIDGE	0x06u

static unsigned long attribute(const char *bdf, const char *name)
{
	char path[300], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		*text = '\0';
	fclose(f);
	return strtoul(text, NULL, 0);
}

/* Enabled by a driver, no bridge, and not a device of the VM */
static bool is_missing(const struct iolu_vm *vm, const char *bdf)
{
	const struct iolu_device *device;

	iolu_for_each(vm, IOLU_DEVICE, device)
		if (!strcmp(device->object.name, bdf))
			return false;
	return attribute(bdf, "enable") && attribute(bdf, "class") >> 16 != CLASS_BRIDGE;
}

int iolu_check_group(struct iolu_vm *vm, const char *bdf)
{
	const struct dirent *e;
	char path[300];
	DIR *dir;
	int rc = 0;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/devices", bdf);
	dir = opendir(path);
	while (dir && !rc && (e = readdir(dir)))
		if (e->d_name[0] != '.' && is_missing(vm, e->d_name))
			rc = iolu_fail(vm, -ENOTEMPTY, "device \"%s\": not preserved: %s (%s)", bdf,
				       iolu_refusal_sentence(REFUSED_FREEZE_GROUP), e->d_name);
	if (dir)
		closedir(dir);
	return rc;
}
