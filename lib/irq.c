// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Interrupts of devices: create eventfds, arm them, signal them.
 *
 * The library creates the eventfds, so that a restore can create them again without the VMM; the
 * VMM then hands them to KVM. An interrupt that the device raises while no eventfd is armed is
 * lost. Therefore each eventfd that was armed before is signalled once when it is armed again: a
 * driver copes with a spurious interrupt, but may wait for a lost one forever.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "vm.h"

static const char *const names[IOLU_IRQS] = { "INTx", "MSI", "MSI-X" };

static int make_vectors(struct iolu_vm *vm, struct iolu_irq *irq, uint32_t count)
{
	uint32_t i;

	*irq = (struct iolu_irq){ .count = count, .fds = calloc(count, sizeof(int)) };
	if (!irq->fds)
		return iolu_fail(vm, -ENOMEM, "no memory for %u vectors", count);
	for (i = 0; i < count; i++)
		irq->fds[i] = -1;
	for (i = 0; i < count; i++) {
		irq->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (irq->fds[i] < 0)
			return iolu_fail(vm, -errno, "no eventfd for vector %u: %s", i,
					 strerror(errno));
	}
	return 0;
}

/* @fds: eventfds; NULL: @flags apply to the first @count vectors */
static int set_irqs(int fd, uint32_t irq, uint32_t flags, uint32_t count, const int *fds)
{
	size_t data = fds ? count * sizeof(*fds) : 0;
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + data);
	int rc;

	if (!set)
		return -ENOMEM;
	set->argsz = sizeof(*set) + data;
	set->flags = VFIO_IRQ_SET_ACTION_TRIGGER | flags;
	set->index = irq;
	set->count = count;
	if (fds)
		memcpy(set->data, fds, data);
	rc = ioctl(fd, VFIO_DEVICE_SET_IRQS, set) < 0 ? -errno : 0;
	free(set);
	return rc;
}

static int disarm(int fd, uint32_t irq)
{
	return set_irqs(fd, irq, VFIO_IRQ_SET_DATA_NONE, 0, NULL);
}

static int arm(struct iolu_vm *vm, struct iolu_device *device, uint32_t irq, uint32_t count,
	       bool again)
{
	struct iolu_irq new;
	int rc = make_vectors(vm, &new, count);

	if (!rc) {
		rc = set_irqs(device->fd, irq, VFIO_IRQ_SET_DATA_EVENTFD, count, new.fds);
		if (!rc && again)
			rc = set_irqs(device->fd, irq, VFIO_IRQ_SET_DATA_NONE, count, NULL);
		if (rc)
			iolu_fail(vm, rc, "%u vectors of %s cannot be armed for device %s: %s", count,
				  names[irq], device->object.name, strerror(-rc));
	}
	if (rc)
		iolu_close_vectors(&new);
	else
		device->irq[irq] = new;
	return rc;
}

int iolu_rearm_device(struct iolu_vm *vm, struct iolu_device *device)
{
	uint32_t irq;
	int rc = 0;

	for (irq = 0; !rc && irq < IOLU_IRQS; irq++)
		if (device->irq[irq].count && !device->irq[irq].fds)
			rc = arm(vm, device, irq, device->irq[irq].count, true);
	return rc;
}

static int need_irq(struct iolu_vm *vm, const char *name, uint32_t irq,
		    struct iolu_device **device)
{
	int rc = iolu_need_device(vm, name, device);

	if (!rc && irq >= IOLU_IRQS)
		rc = iolu_fail(vm, -EINVAL, "%u is not an interrupt type: use IOLU_IRQ_*", irq);
	return rc;
}

/* VFIO allows one interrupt type at a time. */
static int need_no_other(struct iolu_vm *vm, const struct iolu_device *device, uint32_t irq)
{
	uint32_t other;

	for (other = 0; other < IOLU_IRQS; other++)
		if (other != irq && device->irq[other].count)
			return iolu_fail(vm, -EBUSY, "device %s has %s armed: disarm it first",
					 device->object.name, names[other]);
	return 0;
}

int iolu_vm_arm(struct iolu_vm *vm, const char *name, uint32_t irq, uint32_t count)
{
	struct iolu_device *device;
	struct iolu_irq *old;
	bool again;
	int rc = iolu_changeable(vm, true);

	if (!rc)
		rc = need_irq(vm, name, irq, &device);
	if (!rc && (count > IOLU_MAX_VECTORS || (irq == IOLU_IRQ_INTX && count > 1)))
		rc = iolu_fail(vm, -EINVAL, "%u vectors are too many", count);
	if (!rc && !device->bound)
		rc = iolu_fail(vm, -ENOENT, "device %s is not retrieved yet", name);
	if (!rc && count)
		rc = need_no_other(vm, device, irq);
	if (rc)
		return rc;
	old = &device->irq[irq];
	again = old->count;
	if (old->fds) {
		rc = disarm(device->fd, irq);
		if (rc)
			return iolu_fail(vm, rc, "%s of device %s cannot be disarmed: %s",
					 names[irq], name, strerror(-rc));
		iolu_close_vectors(old);
	}
	old->count = 0;
	return count ? arm(vm, device, irq, count, again) : 0;
}

int iolu_vm_vectors(struct iolu_vm *vm, const char *name, uint32_t irq)
{
	struct iolu_device *device;
	int rc = need_irq(vm, name, irq, &device);

	return rc ? rc : (int)device->irq[irq].count;
}

int iolu_vm_vector_fd(struct iolu_vm *vm, const char *name, uint32_t irq, uint32_t vector)
{
	struct iolu_device *device;
	int rc = need_irq(vm, name, irq, &device);

	if (rc)
		return rc;
	if (vector >= device->irq[irq].count || !device->irq[irq].fds)
		return iolu_fail(vm, -ENOENT, "vector %u of %s of device %s is not armed", vector,
				 names[irq], name);
	return device->irq[irq].fds[vector];
}
