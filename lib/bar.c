// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * BARs of the VM's devices that an IOAS maps as dma-bufs, for the DMA of other devices.
 *
 * A device revokes its dma-bufs when it is reset or stops decoding, and no call of the VMM is
 * involved. So the handle has those that the kernel mapped at the last check or save (area.c). A
 * restore maps those that it can, and removes those that the table lacks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#include "vm.h"

#define BAR_REGIONS	6u
#define MAX_BARS	64u		/* of a device */

bool iolu_bar_valid(const struct iolu_bar *bar)
{
	return bar->ioas && bar->region < BAR_REGIONS && bar->length &&
	       bar->iova + (bar->length - 1) >= bar->iova &&
	       bar->offset + (bar->length - 1) >= bar->offset && bar->flags &&
	       !(bar->flags & ~(IOLU_MAP_READ | IOLU_MAP_WRITE));
}

int iolu_add_bar(struct iolu_vm *vm, struct iolu_device *device, const struct iolu_bar *bar)
{
	struct iolu_bar **last = &device->bars, *new;
	unsigned int n;

	for (n = 0; *last; n++)
		last = &(*last)->next;
	if (n == MAX_BARS)
		return iolu_fail(vm, -E2BIG, "device %s has too many mapped BARs: %u at most",
				 device->object.name, MAX_BARS);
	new = malloc(sizeof(*new));
	if (!new)
		return iolu_fail(vm, -ENOMEM, "no memory for a mapping");
	*new = *bar;
	new->next = NULL;
	*last = new;
	return 0;
}

/* A dma-buf of these bytes, or -errno */
static int export_bar(const struct iolu_device *device, const struct iolu_bar *bar)
{
	/* Three structs behind each other, of which two end in an open array */
	_Alignas(8) uint8_t bytes[sizeof(struct vfio_device_feature) +
				  sizeof(struct vfio_device_feature_dma_buf) +
				  sizeof(struct vfio_region_dma_range)] = {};
	struct vfio_device_feature *feature = (void *)bytes;
	struct vfio_device_feature_dma_buf *arg = (void *)feature->data;
	int fd;

	feature->argsz = sizeof(bytes);
	feature->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	arg->region_index = bar->region;
	arg->open_flags = O_CLOEXEC | O_RDWR;
	arg->nr_ranges = 1;
	arg->dma_ranges[0].offset = bar->offset;
	arg->dma_ranges[0].length = bar->length;
	fd = ioctl(device->fd, VFIO_DEVICE_FEATURE, feature);
	return fd < 0 ? -errno : fd;
}

static int do_map(const struct iolu_vm *vm, const struct iolu_bar *bar, int fd)
{
	struct iommu_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			 (bar->flags & IOLU_MAP_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
			 (bar->flags & IOLU_MAP_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = bar->ioas->object.id,
		.fd = fd,
		.length = bar->length,
		.iova = bar->iova,
	};

	return ioctl(vm->iommufd, IOMMU_IOAS_MAP_FILE, &arg) ? -errno : 0;
}

static void drop_bar(struct iolu_bar **at)
{
	struct iolu_bar *bar = *at;

	*at = bar->next;
	free(bar);
}

/* -ENODEV: the device does not decode the BAR, so it has revoked the mapping. */
static int map_bar(struct iolu_vm *vm, const struct iolu_device *device, struct iolu_bar **at)
{
	const struct iolu_bar *bar = *at;
	int fd = export_bar(device, bar);
	int rc = fd < 0 ? fd : do_map(vm, bar, fd);

	if (fd >= 0)
		close(fd);
	if (rc == -ENODEV) {
		drop_bar(at);
		return 0;
	}
	if (rc)
		return iolu_fail(vm, rc, "device %s: 0x%llx bytes of BAR %u cannot be mapped at IOVA "
				 "0x%llx of IOAS \"%s\": %s", device->object.name,
				 (unsigned long long)bar->length, bar->region,
				 (unsigned long long)bar->iova, bar->ioas->object.name,
				 strerror(-rc));
	return 1;
}

int iolu_map_bars(struct iolu_vm *vm, const struct iolu_ioas *ioas)
{
	struct iolu_device *device;
	struct iolu_bar **at;
	int rc;

	iolu_for_each(vm, IOLU_DEVICE, device) {
		for (at = &device->bars; *at;) {
			rc = (*at)->ioas == ioas ? map_bar(vm, device, at) : 1;
			if (rc < 0)
				return rc;
			if (rc)
				at = &(*at)->next;
		}
	}
	return 0;
}

static bool unmap_bar(const struct iolu_vm *vm, const struct iolu_bar *bar)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg), .ioas_id = bar->ioas->object.id, .iova = bar->iova,
		.length = bar->length,
	};

	return !ioctl(vm->iommufd, IOMMU_IOAS_UNMAP, &arg);
}

/* The table lacks it: it was revoked after it was preserved. */
bool iolu_unmap_revoked(struct iolu_vm *vm, const struct iolu_ioas *ioas, uint64_t iova)
{
	struct iolu_device *device;
	struct iolu_bar **at;

	iolu_for_each(vm, IOLU_DEVICE, device) {
		for (at = &device->bars; *at; at = &(*at)->next) {
			if ((*at)->ioas != ioas || iova < (*at)->iova ||
			    iova - (*at)->iova >= (*at)->length)
				continue;
			if (!unmap_bar(vm, *at))
				return false;
			drop_bar(at);
			return true;
		}
	}
	return false;
}

void iolu_forget_bars(struct iolu_vm *vm, const struct iolu_ioas *ioas)
{
	struct iolu_device *device;
	struct iolu_bar **at;

	iolu_for_each(vm, IOLU_DEVICE, device) {
		for (at = &device->bars; *at;) {
			if ((*at)->ioas == ioas)
				drop_bar(at);
			else
				at = &(*at)->next;
		}
	}
}

void iolu_drop_bars(struct iolu_device *device)
{
	while (device->bars)
		drop_bar(&device->bars);
}
