// SPDX-License-Identifier: GPL-2.0
/*
 * A vfio device by its character device: bind to an iommufd, attach, registers, interrupts.
 *
 * Nothing here resets or quiesces a device behind the caller's back, so the same functions
 * serve a device that was opened afresh and one that came through a live update.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "device/pci.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"

#define BAR0_SIZE	(128 * KIB)

int vfio_open(const char *bdf)
{
	char path[300];
	int fd;

	pci_bind_vfio(bdf);
	pci_cdev_path(bdf, path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* In the older way, with the iommufd in the place of a container. */
int vfio_open_by_group(const char *bdf, int iommufd)
{
	char path[300];
	int group, rc;

	snprintf(path, sizeof(path), "/dev/vfio/%u", pci_group(bdf));
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0)
		return -errno;
	rc = try_ioctl(group, VFIO_GROUP_SET_CONTAINER, &iommufd);
	if (!rc)
		rc = try_ioctl(group, VFIO_GROUP_GET_DEVICE_FD, (void *)bdf);
	close(group);
	return rc;
}

int vfio_bind(int dev, int iommufd, uint32_t *id)
{
	struct vfio_device_bind_iommufd arg = { .argsz = sizeof(arg), .iommufd = iommufd };
	int rc = try_ioctl(dev, VFIO_DEVICE_BIND_IOMMUFD, &arg);

	*id = arg.out_devid;
	return rc;
}

/* vfio opens a virtual function only for a caller that knows the physical function's token. */
static const uint8_t vf_token[16] = { 0x2a };

int vfio_set_vf_token(int dev)
{
	uint8_t arg[sizeof(struct vfio_device_feature) + sizeof(vf_token)]
		__attribute__((aligned(8)));
	const struct vfio_device_feature feature = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
	};

	memcpy(arg, &feature, sizeof(feature));
	memcpy(arg + sizeof(feature), vf_token, sizeof(vf_token));
	return try_ioctl(dev, VFIO_DEVICE_FEATURE, arg);
}

int vfio_bind_token(int dev, int iommufd, uint32_t *id)
{
	struct vfio_device_bind_iommufd arg = {
		.argsz = sizeof(arg), .iommufd = iommufd, .flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
		.token_uuid_ptr = (uintptr_t)vf_token,
	};
	int rc = try_ioctl(dev, VFIO_DEVICE_BIND_IOMMUFD, &arg);

	*id = arg.out_devid;
	return rc;
}

/* Opened afresh and bound: the descriptor, or -errno */
int vfio_open_bound(const char *bdf, int iommufd, uint32_t *id)
{
	int dev = vfio_open(bdf);
	int rc = dev < 0 ? dev : vfio_bind(dev, iommufd, id);

	if (rc < 0 && dev >= 0)
		close(dev);
	return rc < 0 ? rc : dev;
}

int vfio_attach(int dev, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt arg = { .argsz = sizeof(arg), .pt_id = pt };

	return try_ioctl(dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg);
}

int vfio_attach_pasid(int dev, uint32_t pasid, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_ATTACH_PASID, .pt_id = pt,
		.pasid = pasid,
	};

	return try_ioctl(dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg);
}

int vfio_detach_pasid(int dev, uint32_t pasid)
{
	struct vfio_device_detach_iommufd_pt arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_DETACH_PASID, .pasid = pasid,
	};

	return try_ioctl(dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg);
}

int vfio_detach(int dev)
{
	struct vfio_device_detach_iommufd_pt arg = { .argsz = sizeof(arg) };

	return try_ioctl(dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg);
}

int vfio_reset(int dev)
{
	return try_ioctl(dev, VFIO_DEVICE_RESET, NULL);
}

/* With all other devices on its bus */
int vfio_hot_reset(int dev)
{
	struct vfio_pci_hot_reset arg = { .argsz = sizeof(arg) };

	return try_ioctl(dev, VFIO_DEVICE_PCI_HOT_RESET, &arg);
}

static uint64_t region_offset(int dev, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	must_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, &info, "region of the vfio device");
	return info.offset;
}

volatile uint32_t *vfio_map_bar(int dev, unsigned int bar, size_t size)
{
	return must_map(dev, size, region_offset(dev, VFIO_PCI_BAR0_REGION_INDEX + bar),
			"registers of the vfio device");
}

volatile uint32_t *vfio_map_bar0(int dev)
{
	return vfio_map_bar(dev, 0, BAR0_SIZE);
}

void vfio_unmap_bar0(volatile uint32_t *regs)
{
	munmap((void *)regs, BAR0_SIZE);
}

/* The first @length bytes of a BAR, for the DMA of others: a dma-buf, or -errno */
int vfio_export_bar(int dev, unsigned int bar, uint64_t length)
{
	/* three structs behind each other, of which two end in an open array */
	_Alignas(8) uint8_t bytes[sizeof(struct vfio_device_feature) +
				  sizeof(struct vfio_device_feature_dma_buf) +
				  sizeof(struct vfio_region_dma_range)] = { 0 };
	struct vfio_device_feature *feature = (void *)bytes;
	struct vfio_device_feature_dma_buf *arg = (void *)feature->data;

	feature->argsz = sizeof(bytes);
	feature->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	arg->region_index = VFIO_PCI_BAR0_REGION_INDEX + bar;
	arg->open_flags = O_CLOEXEC | O_RDWR;
	arg->nr_ranges = 1;
	arg->dma_ranges[0].length = length;
	return try_ioctl(dev, VFIO_DEVICE_FEATURE, feature);
}

void vfio_enable_bus_master(int dev)
{
	uint64_t at = region_offset(dev, VFIO_PCI_CONFIG_REGION_INDEX) + PCI_COMMAND;
	uint16_t command;

	if (pread(dev, &command, sizeof(command), at) != sizeof(command))
		bail_out("read the command register: %s", strerror(errno));
	command |= PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
	if (pwrite(dev, &command, sizeof(command), at) != sizeof(command))
		bail_out("write the command register: %s", strerror(errno));
}

/* As a guest's driver does, for the registers only */
int vfio_set_memory(int dev, bool on)
{
	uint64_t at = region_offset(dev, VFIO_PCI_CONFIG_REGION_INDEX) + PCI_COMMAND;
	uint16_t command;

	if (pread(dev, &command, sizeof(command), at) != sizeof(command))
		return -errno;
	command = on ? command | PCI_COMMAND_MEMORY : command & ~PCI_COMMAND_MEMORY;
	return pwrite(dev, &command, sizeof(command), at) < 0 ? -errno : 0;
}

static unsigned int config_byte(int dev, uint64_t at)
{
	uint8_t value = 0;

	if (pread(dev, &value, 1, at) != 1)
		bail_out("read configuration space: %s", strerror(errno));
	return value;
}

/* As a guest's driver does: 16 bits of a capability, of which @keep stay and @set are set */
static int set_capability(int dev, unsigned int id, unsigned int reg, uint16_t keep, uint16_t set)
{
	uint64_t config = region_offset(dev, VFIO_PCI_CONFIG_REGION_INDEX);
	unsigned int at = config_byte(dev, config + PCI_CAPABILITY_LIST);
	uint16_t value;

	while (at && config_byte(dev, config + at) != id)
		at = config_byte(dev, config + at + 1);
	if (!at)
		return -EOPNOTSUPP;
	value = config_byte(dev, config + at + reg) | config_byte(dev, config + at + reg + 1) << 8;
	value = (value & keep) | set;
	return pwrite(dev, &value, sizeof(value), config + at + reg) < 0 ? -errno : 0;
}

/* 0 is D0, 3 is D3. */
int vfio_set_power_state(int dev, unsigned int d)
{
	return set_capability(dev, PCI_CAP_ID_PM, PCI_PM_CTRL, 0, d);
}

/* 0 as well if no reset follows */
int vfio_write_function_reset(int dev)
{
	return set_capability(dev, PCI_CAP_ID_EXP, PCI_EXP_DEVCTL, 0xffff, PCI_EXP_DEVCTL_BCR_FLR);
}

/* @index: VFIO_PCI_*_IRQ_INDEX. Without an eventfd (-1) the kind is disarmed. */
int vfio_arm(int dev, unsigned int index, int eventfd)
{
	const bool disarm = eventfd < 0;
	const struct vfio_irq_set set = {
		.argsz = sizeof(set) + (disarm ? 0 : sizeof(eventfd)),
		.index = index, .count = !disarm,
		.flags = (disarm ? VFIO_IRQ_SET_DATA_NONE : VFIO_IRQ_SET_DATA_EVENTFD) |
			 VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	uint8_t arg[sizeof(set) + sizeof(eventfd)] __attribute__((aligned(4)));

	memcpy(arg, &set, sizeof(set));
	memcpy(arg + sizeof(set), &eventfd, sizeof(eventfd));
	return try_ioctl(dev, VFIO_DEVICE_SET_IRQS, arg);
}

int vfio_arm_msix(int dev, int eventfd)
{
	return vfio_arm(dev, VFIO_PCI_MSIX_IRQ_INDEX, eventfd);
}
