// SPDX-License-Identifier: GPL-2.0
/* Calls on a vfio device: bind, attach, reset, configuration space, interrupts, registers. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "fuzz/fuzz.h"
#include "kapi/vfio.h"
#include "os/util.h"

static bool usable(const struct party *p)
{
	return !p->stale && p->dev >= 0 && p->id;
}

static bool may_open(const struct party *p)
{
	return !p->incoming && !p->stale && *p->bdf && p->dev < 0;
}

static int open_dev(struct party *p, struct rng *r)
{
	int fd = open(p->cdev, O_RDWR | O_CLOEXEC);

	(void)r;
	if (fd < 0)
		return -errno;
	party_take(&p->dev, fd);
	return 0;
}

static bool may_bind(const struct party *p)
{
	return !p->stale && p->dev >= 0 && p->iommufd >= 0 && !p->id;
}

static int bind(struct party *p, struct rng *r)
{
	uint32_t id;
	int rc = vfio_bind(p->dev, p->iommufd, &id);

	(void)r;
	if (!rc)
		p->id = id;
	return rc;
}

static bool may_attach(const struct party *p)
{
	return usable(p) && p->hwpt && !p->attached && !p->kept_iommufd;
}

static int attach(struct party *p, struct rng *r)
{
	int rc = vfio_attach(p->dev, p->hwpt);

	(void)r;
	if (!rc)
		p->attached = true;
	return rc;
}

static bool may_detach(const struct party *p)
{
	return usable(p) && p->attached && !p->kept_iommufd && !p->incoming;
}

static int detach(struct party *p, struct rng *r)
{
	int rc = vfio_detach(p->dev);

	(void)r;
	if (!rc)
		p->attached = false;
	return rc;
}

static bool may_reset(const struct party *p)
{
	return usable(p) && !p->kept_dev && !p->incoming;
}

static int reset(struct party *p, struct rng *r)
{
	(void)r;
	return vfio_reset(p->dev);
}

static int config(int dev, uint64_t *at)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	int rc = try_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, &info);

	*at = info.offset;
	return rc;
}

/* Mostly on: without bus mastering a preserved device cannot be frozen. */
static int bus_master(struct party *p, struct rng *r)
{
	uint16_t command = PCI_COMMAND_MEMORY | (rng_below(r, 4) ? PCI_COMMAND_MASTER : 0);
	uint64_t at;
	int rc = config(p->dev, &at);

	if (rc < 0)
		return rc;
	return pwrite(p->dev, &command, sizeof(command), at + PCI_COMMAND) < 0 ? -errno : 0;
}

static int read_config(struct party *p, struct rng *r)
{
	uint32_t value;
	uint64_t at;
	int rc = config(p->dev, &at);

	if (rc < 0)
		return rc;
	return pread(p->dev, &value, sizeof(value), at + rng_below(r, 64) * 4) < 0 ? -errno : 0;
}

static bool may_arm(const struct party *p)
{
	return usable(p) && !p->kept_dev;
}

static int arm(struct party *p, struct rng *r)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc = vfio_arm_msix(p->dev, event);

	(void)r;
	close(event);
	return rc;
}

static int registers(struct party *p, struct rng *r)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	int rc = try_ioctl(p->dev, VFIO_DEVICE_GET_REGION_INFO, &info);
	void *at;

	(void)r;
	if (rc < 0)
		return rc;
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, p->dev, info.offset);
	return at == MAP_FAILED ? -errno : munmap(at, PAGE);
}

static unsigned int config_byte(int dev, uint64_t at)
{
	uint8_t value;

	return pread(dev, &value, 1, at) == 1 ? value : 0;
}

/* Mostly awake; a preserved device is woken in freeze. */
static int power_state(struct party *p, struct rng *r)
{
	uint16_t state = rng_below(r, 4) ? 0 : 3;
	unsigned int cap, left = 48;
	uint64_t at;
	int rc = config(p->dev, &at);

	if (rc < 0)
		return rc;
	cap = config_byte(p->dev, at + PCI_CAPABILITY_LIST);
	while (cap && left-- && config_byte(p->dev, at + cap) != PCI_CAP_ID_PM)
		cap = config_byte(p->dev, at + cap + 1);
	if (!cap)
		return -ENOENT;
	return pwrite(p->dev, &state, sizeof(state), at + cap + PCI_PM_CTRL) < 0 ? -errno : 0;
}

static int export(struct party *p, struct rng *r)
{
	int dmabuf = vfio_export_bar(p->dev, 0, PAGE);

	(void)r;
	return dmabuf < 0 ? dmabuf : close(dmabuf);
}

static bool may_close(const struct party *p)
{
	return !p->kept_dev && p->dev >= 0;
}

static int close_dev(struct party *p, struct rng *r)
{
	(void)r;
	p->id = 0;
	p->attached = false;
	return party_close(&p->dev);
}

const struct fuzz_call vfio_calls[] = {
	SURE_CALL("open_device", 20, NEEDS_BDF, may_open, open_dev),
	SURE_CALL("bind", 25, NEEDS_DEV | NEEDS_IOMMUFD, may_bind, bind),
	CALL("attach", 30, NEEDS_DEV | NEEDS_IOMMUFD, may_attach, attach),
	CALL("detach", 1, NEEDS_DEV, may_detach, detach),
	SURE_CALL("reset", 1, NEEDS_DEV, may_reset, reset),
	SURE_CALL("bus_master", 10, NEEDS_DEV, usable, bus_master),
	CALL("read_config", 1, NEEDS_DEV, usable, read_config),
	SURE_CALL("arm_msix", 10, NEEDS_DEV, may_arm, arm),
	CALL("map_registers", 1, NEEDS_DEV, usable, registers),
	SURE_CALL("power_state", 1, NEEDS_DEV, may_reset, power_state),
	CALL("export_registers", 1, NEEDS_DEV, usable, export),
	SURE_CALL("close_device", 1, NEEDS_DEV, may_close, close_dev),
	{ .name = NULL },
};
