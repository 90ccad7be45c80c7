// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to sysfs as root makes them: reset, power, drivers, the IOMMU group, and reads of the
 * live update state.
 */
#include <errno.h>
#include <stdio.h>

#include "device/pci.h"
#include "fuzz/fuzz.h"
#include "os/util.h"

static bool idle(const struct party *p)
{
	return !p->incoming && p->dev < 0 && !p->kept_dev;
}

static bool has_device(const struct party *p)
{
	return *p->bdf;
}

static int reset(struct party *p, struct rng *r)
{
	(void)r;
	return pci_set(p->bdf, "reset", "1");
}

static int power(struct party *p, struct rng *r)
{
	return pci_set(p->bdf, "power/control", rng_below(r, 2) ? "on" : "auto");
}

static int override(struct party *p, struct rng *r)
{
	(void)r;
	return pci_set(p->bdf, "driver_override", "vfio-pci");
}

static int probe(struct party *p, struct rng *r)
{
	(void)r;
	return file_write("/sys/bus/pci/drivers_probe", p->bdf);
}

static bool never(const struct party *p)
{
	(void)p;
	return false;
}

static int enable(struct party *p, struct rng *r)
{
	return pci_set(p->bdf, "enable", rng_below(r, 2) ? "1" : "0");
}

static int group_type(struct party *p, struct rng *r)
{
	return pci_set(p->bdf, "iommu_group/type", rng_below(r, 2) ? "DMA" : "identity");
}

static int bus_reset(struct party *p, struct rng *r)
{
	struct pci_path path;

	(void)r;
	pci_path(p->bdf, &path);
	return path.n < 2 ? -ENODEV : pci_set(path.bdf[path.n - 2], "reset_subordinate", "1");
}

static int status(struct party *p, struct rng *r)
{
	static const char *const files[] = {
		"preserved_domains", "preserved_devices", "incoming_domains", "incoming_devices",
	};
	char path[100], text[64];

	(void)p;
	snprintf(path, sizeof(path), "/sys/kernel/liveupdate/iommu/%s",
		 files[rng_below(r, ARRAY_SIZE(files))]);
	return file_read(path, text, sizeof(text));
}

static int state(struct party *p, struct rng *r)
{
	char path[100], text[64];

	(void)r;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/liveupdate", p->bdf);
	return file_read(path, text, sizeof(text));
}

/*
 * The character device may have another number then. A removal that waits for files of the device
 * blocks each other call on it, so these files are closed.
 */
static int rebind(struct party *p, struct rng *r)
{
	int rc = unbinder_ask(p->bdf);

	(void)r;
	if (rc == -EAGAIN)
		party_give_up(p);
	if (!rc && !pci_try_cdev_path(p->bdf, p->cdev, sizeof(p->cdev)))
		rc = -ENODEV;
	return rc;
}

static bool always(const struct party *p)
{
	(void)p;
	return true;
}

const struct fuzz_call sysfs_calls[] = {
	SURE_CALL("sysfs_reset", 2, NEEDS_BDF, idle, reset),
	SURE_CALL("sysfs_power", 1, NEEDS_BDF, has_device, power),
	CALL("sysfs_override", 1, NEEDS_BDF, has_device, override),
	SURE_CALL("sysfs_probe", 1, NEEDS_BDF, has_device, probe),
	SURE_CALL("sysfs_enable", 1, NEEDS_BDF, never, enable),
	CALL("sysfs_group", 1, NEEDS_BDF, never, group_type),
	SURE_CALL("sysfs_bus_reset", 1, NEEDS_BDF, never, bus_reset),
	SURE_CALL("sysfs_unbind", 2, NEEDS_BDF, idle, rebind),
	CALL("sysfs_status", 1, 0, always, status),
	CALL("sysfs_state", 1, NEEDS_BDF, has_device, state),
	{ .name = NULL },
};
