// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * vfio-pci devices, and the HWPTs that they are attached to.
 *
 * A device is bound to the iommufd of the VM as long as it is in the handle. device->hwpt is the
 * HWPT that the journal has for the device; device->attached is true if the device is attached to
 * it in this kernel. Binding a device to the vfio-pci driver is up to the host; when a device is
 * retrieved, the kernel binds it.
 */
#define _GNU_SOURCE 1

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#include "vm.h"

bool iolu_bdf_valid(const char *name)
{
	static const char form[] = "xxxx:xx:xx.7";
	size_t i;

	for (i = 0; i < sizeof(form); i++) {
		if (form[i] == 'x' && (!name[i] || !strchr("0123456789abcdef", name[i])))
			return false;
		if (form[i] == '7' && (name[i] < '0' || name[i] > '7'))
			return false;
		if (form[i] != 'x' && form[i] != '7' && form[i] != name[i])
			return false;
	}
	return true;
}

int iolu_check_bdf(struct iolu_vm *vm, const char *bdf)
{
	if (bdf && iolu_bdf_valid(bdf))
		return 0;
	return iolu_fail(vm, -EINVAL, "\"%s\" is not a PCI address such as 0000:01:00.0",
			 bdf ? bdf : "");
}

/* -- devices -- */

/* Open the VFIO character device of a PCI device. */
static int open_cdev(struct iolu_vm *vm, const char *bdf, int *fd)
{
	char path[300];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return iolu_fail(vm, -ENODEV, "device %s does not exist or is not bound to vfio-pci: "
				 "set its driver_override and probe it", bdf);
	while ((e = readdir(dir)) && e->d_name[0] == '.')
		;
	path[0] = '\0';
	if (e)
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", e->d_name);
	closedir(dir);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return iolu_fail(vm, -errno, "device %s: \"%s\" cannot be opened: %s", bdf, path,
				 strerror(errno));
	return 0;
}

/* A character device of VFIO has the PCI device as its parent in sysfs. */
int iolu_check_cdev(struct iolu_vm *vm, const char *bdf, int fd)
{
	char path[64], parent[256];
	struct stat st;
	ssize_t n = -1;

	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return iolu_fail(vm, -EINVAL, "device %s: descriptor %d is not a VFIO character device",
				 bdf, fd);
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
		 minor(st.st_rdev));
	n = readlink(path, parent, sizeof(parent) - 1);
	parent[n < 0 ? 0 : n] = '\0';
	if (!strcmp(basename(parent), bdf))
		return 0;
	return iolu_fail(vm, -EINVAL, "device %s: descriptor %d is %s", bdf, fd,
			 n < 0 ? "not a VFIO character device" : basename(parent));
}

static int add_device(struct iolu_vm *vm, const char *bdf, int given)
{
	struct iolu_device *device;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_check_bdf(vm, bdf);
	if (!rc)
		rc = iolu_open_iommufd(vm);
	if (!rc)
		rc = iolu_make_device(vm, bdf, &device);
	if (rc)
		return rc;
	device->object.token = iolu_free_token(vm, IOLU_DEVICE);
	rc = given < 0 ? open_cdev(vm, bdf, &device->fd) : iolu_dup(vm, given, &device->fd);
	if (!rc)
		rc = iolu_check_cdev(vm, bdf, device->fd);
	if (!rc)
		rc = iolu_bind(vm, device);
	if (rc)
		iolu_drop(vm, IOLU_DEVICE, device);
	return rc;
}

int iolu_vm_add_device(struct iolu_vm *vm, const char *bdf)
{
	return add_device(vm, bdf, -1);
}

int iolu_vm_add_device_fd(struct iolu_vm *vm, const char *bdf, int fd)
{
	if (fd < 0)
		return iolu_fail(vm, -EBADF, "device %s: %d is not a descriptor", bdf, fd);
	return add_device(vm, bdf, fd);
}

int iolu_vm_device_fd(struct iolu_vm *vm, const char *bdf)
{
	struct iolu_device *device;
	int rc = iolu_need_device(vm, bdf, &device);

	if (!rc && device->fd < 0)
		rc = iolu_fail(vm, -ENOENT, "device %s is not retrieved yet", bdf);
	return rc ? rc : device->fd;
}

int iolu_vm_device_id(struct iolu_vm *vm, const char *bdf)
{
	struct iolu_device *device;
	int rc = iolu_need_device(vm, bdf, &device);

	if (!rc && !device->object.id)
		rc = iolu_fail(vm, -ENOENT, "device %s was bound by another process and its id is "
			       "not known", bdf);
	return rc ? rc : (int)device->object.id;
}

/* -- HWPTs -- */

int iolu_alloc_hwpt(struct iolu_vm *vm, struct iolu_hwpt *hwpt, uint32_t device)
{
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .dev_id = device, .pt_id = hwpt->ioas->object.id,
		.data_type = IOMMU_HWPT_DATA_NONE,
	};

	if (ioctl(vm->iommufd, IOMMU_HWPT_ALLOC, &arg))
		return iolu_fail(vm, -errno, "HWPT \"%s\" over IOAS \"%s\" cannot be created: %s",
				 hwpt->object.name, hwpt->ioas->object.name, strerror(errno));
	hwpt->object.id = arg.out_hwpt_id;
	return 0;
}

int iolu_vm_add_hwpt(struct iolu_vm *vm, const char *name, const char *ioas_name,
		     const char *device)
{
	struct iolu_ioas *ioas;
	struct iolu_hwpt *hwpt;
	int rc = iolu_changeable(vm, false), id, ioas_id;

	if (rc)
		return rc;
	id = iolu_vm_device_id(vm, device);
	if (id < 0)
		return id;
	ioas_id = iolu_vm_ioas_id(vm, ioas_name);
	if (ioas_id < 0)
		return ioas_id;
	ioas = iolu_find(vm, IOLU_IOAS, ioas_name);
	rc = iolu_make_hwpt(vm, name, &hwpt);
	if (rc)
		return rc;
	hwpt->object.token = iolu_free_token(vm, IOLU_HWPT);
	hwpt->ioas = ioas;
	rc = iolu_alloc_hwpt(vm, hwpt, id);
	if (rc)
		iolu_drop(vm, IOLU_HWPT, hwpt);
	return rc;
}

int iolu_vm_hwpt_id(struct iolu_vm *vm, const char *name)
{
	struct iolu_hwpt *hwpt;
	int rc = iolu_need_hwpt(vm, name, &hwpt);

	if (!rc && !hwpt->object.id)
		rc = iolu_fail(vm, -ENOENT, "HWPT \"%s\" is not adopted yet", name);
	return rc ? rc : (int)hwpt->object.id;
}

/* -- attaching -- */

int iolu_attach_pt(struct iolu_vm *vm, struct iolu_device *device, const struct iolu_hwpt *hwpt)
{
	struct vfio_device_attach_iommufd_pt arg = { .argsz = sizeof(arg), .pt_id = hwpt->object.id };

	if (ioctl(device->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg))
		return iolu_fail(vm, -errno, "device %s cannot be attached to HWPT \"%s\": %s",
				 device->object.name, hwpt->object.name, strerror(errno));
	return 0;
}

int iolu_attach(struct iolu_vm *vm, struct iolu_device *device, struct iolu_hwpt *hwpt)
{
	int rc = iolu_attach_pt(vm, device, hwpt);

	if (rc)
		return rc;
	device->hwpt = hwpt;
	device->attached = true;
	return 0;
}

int iolu_vm_attach(struct iolu_vm *vm, const char *device_name, const char *hwpt_name)
{
	struct iolu_device *device;
	struct iolu_hwpt *hwpt;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_need_device(vm, device_name, &device);
	if (rc)
		return rc;
	rc = iolu_vm_hwpt_id(vm, hwpt_name);
	if (rc < 0)
		return rc;
	hwpt = iolu_find(vm, IOLU_HWPT, hwpt_name);
	return iolu_attach(vm, device, hwpt);
}

static int detach(struct iolu_vm *vm, struct iolu_device *device)
{
	struct vfio_device_detach_iommufd_pt arg = { .argsz = sizeof(arg) };

	if (!device->attached)
		return iolu_fail(vm, -EINVAL, "device %s is not attached", device->object.name);
	if (ioctl(device->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg))
		return iolu_fail(vm, -errno, "device %s cannot be detached: %s",
				 device->object.name, strerror(errno));
	device->attached = false;
	device->hwpt = NULL;
	return 0;
}

int iolu_vm_detach(struct iolu_vm *vm, const char *name)
{
	struct iolu_device *device;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_need_device(vm, name, &device);
	return rc ? rc : detach(vm, device);
}

/* -- removing -- */

static int remove_device(struct iolu_vm *vm, struct iolu_device *device)
{
	int rc = device->attached ? detach(vm, device) : 0;

	if (!rc)
		iolu_drop(vm, IOLU_DEVICE, device);
	return rc;
}

static int remove_hwpt(struct iolu_vm *vm, struct iolu_hwpt *hwpt)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = hwpt->object.id };
	const struct iolu_device *device;

	iolu_for_each(vm, IOLU_DEVICE, device)
		if (device->hwpt == hwpt)
			return iolu_fail(vm, -EBUSY, "device %s is attached to HWPT \"%s\"",
					 device->object.name, hwpt->object.name);
	if (ioctl(vm->iommufd, IOMMU_DESTROY, &arg))
		return iolu_fail(vm, -errno, "HWPT \"%s\" cannot be destroyed: %s",
				 hwpt->object.name, strerror(errno));
	iolu_drop(vm, IOLU_HWPT, hwpt);
	return 0;
}

int iolu_vm_remove(struct iolu_vm *vm, enum iolu_kind kind, const char *name)
{
	struct iolu_object *object;
	int rc = iolu_changeable(vm, false);

	if (!rc && (unsigned int)kind >= IOLU_KINDS)
		rc = iolu_fail(vm, -EINVAL, "%d is not a kind of object", kind);
	if (!rc && vm->state == IOLU_INCOMING)
		rc = iolu_fail(vm, -EBUSY, "no object can be removed before iolu_vm_finish()");
	if (!rc)
		rc = iolu_need_object(vm, kind, name, &object);
	if (rc)
		return rc;
	switch (kind) {
	case IOLU_MEMFD:
		return iolu_remove_memfd(vm, (struct iolu_memfd *)object);
	case IOLU_IOAS:
		return iolu_remove_ioas(vm, (struct iolu_ioas *)object);
	case IOLU_HWPT:
		return remove_hwpt(vm, (struct iolu_hwpt *)object);
	case IOLU_DEVICE:
		return remove_device(vm, (struct iolu_device *)object);
	case IOLU_BLOB:
		break;
	}
	iolu_drop(vm, IOLU_BLOB, object);
	return 0;
}
