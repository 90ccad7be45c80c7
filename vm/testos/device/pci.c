// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices and the bridges above them, as sysfs shows them.
 *
 * Reads of configuration space never change a device; binding is by driver_override, so no
 * other driver is ever probed.
 */
#define _GNU_SOURCE 1

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/pci.h"
#include "os/report.h"
#include "os/util.h"

#define DEVICES		"/sys/bus/pci/devices"

static unsigned long attribute(const char *bdf, const char *name)
{
	char path[300], text[64];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, name);
	return file_read(path, text, sizeof(text)) < 0 ? ~0ul : strtoul(text, NULL, 0);
}

int pci_set(const char *bdf, const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, name);
	return file_write(path, text);
}

bool pci_has_ids(const char *bdf, uint32_t ids)
{
	return attribute(bdf, "vendor") == ids >> 16 && attribute(bdf, "device") == (ids & 0xffff);
}

bool pci_find(pci_is_wanted is_wanted, uint32_t ids, unsigned int n, char bdf[BDF_LEN])
{
	struct dirent **list;
	bool found = false;
	int i, count = scandir(DEVICES, &list, NULL, alphasort);

	for (i = 0; i < count; i++) {
		const char *name = list[i]->d_name;

		if (!found && name[0] != '.' && is_wanted(name, ids) && n-- == 0) {
			snprintf(bdf, BDF_LEN, "%.*s", BDF_LEN - 1, name);
			found = true;
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	return found;
}

void pci_find_device(uint32_t ids, unsigned int n, char bdf[BDF_LEN])
{
	if (!pci_find(pci_has_ids, ids, n, bdf))
		bail_out("there is no PCI device %04x:%04x", ids >> 16, ids & 0xffff);
}

/* bus << 8 | device << 3 | function, as the IOMMU sees a request */
uint16_t pci_source_id(const char *bdf)
{
	unsigned int segment, bus, dev, fn;

	if (sscanf(bdf, "%x:%x:%x.%x", &segment, &bus, &dev, &fn) != 4)
		bail_out("\"%s\" is no PCI address", bdf);
	return bus << 8 | dev << 3 | fn;
}

void pci_path(const char *bdf, struct pci_path *path)
{
	char link[300], target[512], *part, *rest = target;
	ssize_t n;

	snprintf(link, sizeof(link), DEVICES "/%s", bdf);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		bail_out("no device %s", bdf);
	target[n] = '\0';
	path->n = 0;
	while ((part = strsep(&rest, "/")))
		if (strlen(part) == 12 && part[4] == ':' && path->n < PCI_PATH_DEPTH)
			snprintf(path->bdf[path->n++], BDF_LEN, "%.12s", part);
}

uint32_t pci_config(const char *bdf, unsigned int at, unsigned int len)
{
	char path[300];
	uint32_t value = 0;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/config", bdf);
	fd = must_open(path, O_RDONLY);
	if (pread(fd, &value, len, at) != (ssize_t)len)
		bail_out("read %s at 0x%x: %s", path, at, strerror(errno));
	close(fd);
	return value;
}

/* Where a link of the device ends: the last part of the path; false if there is none. */
static bool link_name(const char *bdf, const char *name, char *out, size_t room)
{
	char link[300], target[512];
	ssize_t n;

	snprintf(link, sizeof(link), DEVICES "/%s/%s", bdf, name);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	snprintf(out, room, "%s", strrchr(target, '/') + 1);
	return true;
}

unsigned int pci_group(const char *bdf)
{
	char name[64];

	if (!link_name(bdf, "iommu_group", name, sizeof(name)))
		bail_out("%s has no IOMMU group", bdf);
	return strtoul(name, NULL, 10);
}

bool pci_is_active(const char *bdf)
{
	char path[300], text[32];

	snprintf(path, sizeof(path), DEVICES "/%s/power/runtime_status", bdf);
	return file_read(path, text, sizeof(text)) > 0 && !strcmp(text, "active");
}

bool pci_bus_master(const char *bdf)
{
	return pci_config(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

bool pci_says(const char *bdf, const char *name, const char *wanted)
{
	char path[300], text[32];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, name);
	if (file_read(path, text, sizeof(text)) < 0)
		return false;
	text[strcspn(text, "\n")] = 0;
	return !strcmp(text, wanted);
}

bool pci_update_state(const char *bdf, const char *state)
{
	return pci_says(bdf, "liveupdate", state);
}

void pci_set_config(const char *bdf, unsigned int at, uint32_t value, unsigned int len)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/config", bdf);
	fd = must_open(path, O_WRONLY);
	if (pwrite(fd, &value, len, at) != (ssize_t)len)
		bail_out("write %s: %s", path, strerror(errno));
	close(fd);
}

void pci_set_bus_master(const char *bdf, bool on)
{
	uint16_t command = pci_config(bdf, PCI_COMMAND, 2);

	command = on ? command | PCI_COMMAND_MASTER : command & ~PCI_COMMAND_MASTER;
	pci_set_config(bdf, PCI_COMMAND, command, sizeof(command));
}

/* Offset of a capability, 0 if there is none */
unsigned int pci_capability(const char *bdf, unsigned int id)
{
	unsigned int at = pci_config(bdf, PCI_CAPABILITY_LIST, 1);

	while (at && pci_config(bdf, at, 1) != id)
		at = pci_config(bdf, at + PCI_CAP_LIST_NEXT, 1);
	return at;
}

/* Is bus mastering on for the device and for every bridge above it? */
bool pci_bus_master_path(const char *bdf)
{
	struct pci_path path;
	bool on = true;
	unsigned int i;

	pci_path(bdf, &path);
	for (i = 0; i < path.n; i++) {
		if (pci_bus_master(path.bdf[i]))
			continue;
		diag("bus mastering of %s is off", path.bdf[i]);
		on = false;
	}
	return on;
}

/* 0 to 3, or -1 when the device has no power management capability */
int pci_power_state(const char *bdf)
{
	unsigned int at = pci_config(bdf, PCI_CAPABILITY_LIST, 1);

	while (at) {
		if (pci_config(bdf, at, 1) == PCI_CAP_ID_PM)
			return pci_config(bdf, at + PCI_PM_CTRL, 2) & PCI_PM_CTRL_STATE_MASK;
		at = pci_config(bdf, at + 1, 1);
	}
	return -1;
}

/* Says by name which driver to bind, and gets its answer. */
int pci_bind_to(const char *bdf, const char *driver)
{
	char path[300];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	return file_write(path, bdf);
}

int pci_unbind_vfio(const char *bdf)
{
	return file_write("/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
}

static bool is_bound(const char *bdf, const char *driver)
{
	char name[64];

	return link_name(bdf, "driver", name, sizeof(name)) && !strcmp(name, driver);
}

bool pci_exists(const char *bdf)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "/%s", bdf);
	return !access(path, F_OK);
}

bool pci_wants_token(const char *bdf)
{
	char name[64];

	return link_name(bdf, "physfn/driver", name, sizeof(name)) && !strcmp(name, "vfio-pci");
}

bool pci_is_vfio(const char *bdf)
{
	return is_bound(bdf, "vfio-pci");
}

int pci_try_bind(const char *bdf, const char *driver)
{
	int rc = pci_set(bdf, "driver_override", driver);

	if (!rc)
		rc = file_write("/sys/bus/pci/drivers_probe", bdf);
	if (rc)
		return rc;
	return is_bound(bdf, driver) ? 0 : -ENODEV;
}

void pci_bind_vfio(const char *bdf)
{
	int rc = pci_is_vfio(bdf) ? 0 : pci_try_bind(bdf, "vfio-pci");

	if (rc)
		bail_out("bind %s to vfio-pci: %s", bdf, strerror(-rc));
}

bool pci_try_cdev_path(const char *bdf, char *out, size_t room)
{
	char path[300];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), DEVICES "/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((e = readdir(dir)) && e->d_name[0] == '.')
		;
	if (e)
		snprintf(out, room, "/dev/vfio/devices/%s", e->d_name);
	closedir(dir);
	return e;
}

void pci_cdev_path(const char *bdf, char *out, size_t room)
{
	if (!pci_try_cdev_path(bdf, out, room))
		bail_out("%s has no vfio character device", bdf);
}

/* The registers without opening the device: for looking, not for driving. */
volatile uint32_t *pci_map_bar(const char *bdf, unsigned int bar, size_t size)
{
	char path[300];
	void *at;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/resource%u", bdf, bar);
	fd = must_open(path, O_RDWR | O_SYNC);
	at = must_map(fd, size, 0, "registers");
	close(fd);
	return at;
}

volatile uint32_t *pci_map_bar0(const char *bdf)
{
	return pci_map_bar(bdf, 0, 128 * KIB);
}

/* Where MSI-X vector 0 writes to */
uint32_t pci_msix_address(const char *bdf)
{
	unsigned int msix = pci_capability(bdf, PCI_CAP_ID_MSIX);
	uint32_t table = pci_config(bdf, msix + PCI_MSIX_TABLE, 4), address;
	volatile uint32_t *at = pci_map_bar(bdf, table & PCI_MSIX_TABLE_BIR, 4 * KIB);

	if (table & PCI_MSIX_TABLE_OFFSET)
		bail_out("the MSI-X table of %s is not where its BAR begins", bdf);
	address = at[0];
	munmap((void *)at, 4 * KIB);
	return address;
}
