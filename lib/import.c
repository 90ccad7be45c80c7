// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Objects that the VMM has created without the library.
 *
 * Only the lists of the handle change. Each claim of the VMM that can be checked without an
 * effect is checked here: an IOAS by a query, a device by its character device and by queries. The
 * kernel checks an HWPT when it is marked, and a save compares mappings and attachments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/iommufd.h>

#include "vm.h"

int iolu_vm_import_memfd(struct iolu_vm *vm, const char *name, int fd, uint64_t token)
{
	struct iolu_memfd *memfd;
	int rc = iolu_changeable(vm, false);

	if (!rc && (token & IOLU_TOKEN_OWNER) == IOLU_TOKEN_JOURNAL)
		rc = iolu_fail(vm, -EINVAL, "token 0x%llx is one of the library",
			       (unsigned long long)token);
	if (!rc && iolu_find_token(vm, IOLU_MEMFD, token))
		rc = iolu_fail(vm, -EEXIST, "token 0x%llx is in use", (unsigned long long)token);
	if (!rc)
		rc = iolu_make_memfd(vm, name, &memfd);
	if (rc)
		return rc;
	memfd->object.imported = true;
	memfd->object.token = token;
	return iolu_take_memfd(vm, memfd, fd);
}

/* IOASes and HWPTs share the ids of their iommufd. */
static int check_id(struct iolu_vm *vm, uint32_t id)
{
	const struct iolu_object *object;
	unsigned int kind;

	for (kind = 0; kind < IOLU_KINDS; kind++)
		for (object = vm->objects[kind]; object; object = object->next)
			if (object->id && object->id == id)
				return iolu_fail(vm, -EEXIST, "%s \"%s\" has the id %u",
						 iolu_kind_name(kind), object->name, id);
	return 0;
}

/* A query without room for the answer: -EMSGSIZE if the IOAS exists */
static int check_ioas(struct iolu_vm *vm, uint32_t id)
{
	struct iommu_ioas_iova_ranges arg = { .size = sizeof(arg), .ioas_id = id };

	if (!ioctl(vm->iommufd, IOMMU_IOAS_IOVA_RANGES, &arg) || errno == EMSGSIZE)
		return 0;
	return iolu_fail(vm, -errno, "the iommufd has no IOAS with id %u: %s", id,
			 strerror(errno));
}

int iolu_vm_import_ioas(struct iolu_vm *vm, const char *name, uint32_t id)
{
	struct iolu_ioas *ioas;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_open_iommufd(vm);
	if (!rc)
		rc = check_ioas(vm, id);
	if (!rc)
		rc = check_id(vm, id);
	if (!rc)
		rc = iolu_make_ioas(vm, name, &ioas);
	if (rc)
		return rc;
	ioas->object.imported = true;
	ioas->object.id = id;
	return 0;
}

int iolu_vm_import_map(struct iolu_vm *vm, const char *ioas, const char *memfd, uint64_t offset,
		       uint64_t iova, uint64_t length, uint32_t flags)
{
	struct iolu_map map = { .offset = offset, .iova = iova, .length = length, .flags = flags };

	return iolu_add_map(vm, ioas, memfd, &map, true);
}

int iolu_vm_import_hwpt(struct iolu_vm *vm, const char *name, const char *ioas_name, uint32_t id)
{
	struct iolu_ioas *ioas;
	struct iolu_hwpt *hwpt;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_need_ioas(vm, ioas_name, &ioas);
	if (!rc)
		rc = check_id(vm, id);
	if (!rc)
		rc = iolu_make_hwpt(vm, name, &hwpt);
	if (rc)
		return rc;
	hwpt->object.imported = true;
	hwpt->object.token = iolu_free_token(vm, IOLU_HWPT);
	hwpt->ioas = ioas;
	hwpt->object.id = id;
	return 0;
}

/* A device that a restore has retrieved is not a character device, and has no address. */
static int check_device(struct iolu_vm *vm, const char *bdf, int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && !S_ISCHR(st.st_mode) && iolu_is_bound(fd))
		return 0;
	if (iolu_is_bound(fd))
		return iolu_check_cdev(vm, bdf, fd);
	return iolu_fail(vm, -EINVAL, "device %s: descriptor %d is not a device that is bound to an "
			 "iommufd", bdf, fd);
}

/* The id that the kernel has, as far as it says so */
static int check_device_id(struct iolu_vm *vm, const struct iolu_device *device, int fd)
{
	uint32_t id;

	if (iolu_bound_id(device, &id))
		return iolu_fail(vm, -EINVAL, "device %s: descriptor %d is another device",
				 device->object.name, fd);
	if (!id || id == device->object.id)
		return 0;
	return iolu_fail(vm, -EINVAL, "device %s has the id %u, not %u", device->object.name, id,
			 device->object.id);
}

int iolu_vm_import_device(struct iolu_vm *vm, const char *bdf, int fd, uint32_t id,
			  const char *hwpt_name)
{
	struct iolu_device *device;
	struct iolu_hwpt *hwpt = NULL;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_check_bdf(vm, bdf);
	if (!rc && hwpt_name)
		rc = iolu_need_hwpt(vm, hwpt_name, &hwpt);
	if (!rc)
		rc = check_device(vm, bdf, fd);
	if (!rc)
		rc = iolu_make_device(vm, bdf, &device);
	if (rc)
		return rc;
	device->object.imported = true;
	device->object.token = iolu_free_token(vm, IOLU_DEVICE);
	device->object.id = id;
	device->hwpt = hwpt;
	device->attached = hwpt;
	device->bound = true;
	rc = iolu_dup(vm, fd, &device->fd);
	if (!rc)
		rc = check_device_id(vm, device, fd);
	if (rc)
		iolu_drop(vm, IOLU_DEVICE, device);
	return rc;
}

static int dup_vectors(struct iolu_vm *vm, struct iolu_irq *irq, uint32_t count, const int *fds)
{
	uint32_t i;
	int rc = 0;

	irq->fds = malloc(count * sizeof(*irq->fds));
	if (!irq->fds)
		return iolu_fail(vm, -ENOMEM, "no memory for %u vectors", count);
	for (irq->count = 0; !rc && irq->count < count; irq->count++)
		rc = iolu_dup(vm, fds[irq->count], &irq->fds[irq->count]);
	if (!rc)
		return 0;
	for (i = 0; i < irq->count; i++)
		iolu_close(&irq->fds[i]);
	free(irq->fds);
	*irq = (struct iolu_irq){};
	return rc;
}

int iolu_vm_import_irq(struct iolu_vm *vm, const char *name, uint32_t irq, uint32_t count,
		       const int *fds)
{
	struct iolu_device *device;
	int rc = iolu_changeable(vm, true);
	uint32_t i;

	if (!rc)
		rc = iolu_need_device(vm, name, &device);
	if (!rc && (irq >= IOLU_IRQS || !count || count > IOLU_MAX_VECTORS))
		rc = iolu_fail(vm, -EINVAL, "%u vectors of interrupt type %u are not valid", count,
			       irq);
	if (rc)
		return rc;
	for (i = 0; i < IOLU_IRQS; i++)
		if (device->irq[i].count)
			return iolu_fail(vm, -EBUSY, "device %s has interrupts armed", name);
	return dup_vectors(vm, &device->irq[irq], count, fds);
}
