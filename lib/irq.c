// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Interrupts of devices: create eventfds, arm them, mask them, signal them.
 *
 * The library creates the eventfds, so that a restore can create them again without the VMM; the
 * VMM then hands them to KVM.
 *
 * A masked vector is one without an eventfd: the kernel masks it at the device, which keeps what
 * is pending, across the kexec too. Arming it delivers exactly that. The level of INTx is there
 * as long as the guest has not handled its cause. In all other cases an interrupt may have been
 * lost: one that came after the VMM read the state of its vCPUs, or one that a device cannot keep
 * (MSI without mask bits). Then each eventfd is signalled once when it is armed again: a driver
 * copes with a spurious interrupt, but may wait for a lost one forever.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "vm.h"

static const char *const names[IOLU_IRQS] = { "INTx", "MSI", "MSI-X" };

static int *no_eventfds(uint32_t count)
{
	int *fds = calloc(count, sizeof(*fds));
	uint32_t i;

	for (i = 0; fds && i < count; i++)
		fds[i] = -1;
	return fds;
}

static int make_vectors(struct iolu_vm *vm, struct iolu_irq *irq, uint32_t count)
{
	uint32_t i;

	*irq = (struct iolu_irq){ .count = count, .fds = no_eventfds(count) };
	if (!irq->fds)
		return iolu_fail(vm, -ENOMEM, "no memory for %u vectors", count);
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

/* @lost: an interrupt may have been lost */
static int arm(struct iolu_vm *vm, struct iolu_device *device, uint32_t irq, uint32_t count,
	       bool lost)
{
	struct iolu_irq new;
	int rc = make_vectors(vm, &new, count);

	if (!rc) {
		rc = set_irqs(device->fd, irq, VFIO_IRQ_SET_DATA_EVENTFD, count, new.fds);
		if (!rc && lost)
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

/* Vectors that were armed in the previous kernel */
static bool may_be_lost(const struct iolu_device *device, uint32_t irq)
{
	return irq != IOLU_IRQ_INTX && !device->irq[irq].kept;
}

int iolu_rearm_device(struct iolu_vm *vm, struct iolu_device *device)
{
	uint32_t irq;
	int rc = 0;

	for (irq = 0; !rc && irq < IOLU_IRQS; irq++)
		if (device->irq[irq].count && !device->irq[irq].fds)
			rc = arm(vm, device, irq, device->irq[irq].count, may_be_lost(device, irq));
	return rc;
}

/* -- mask -- */

/* @size bytes of configuration space, little endian; 0 if they cannot be read */
static uint32_t config(int fd, uint32_t at, uint32_t size)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint8_t bytes[4] = { 0 };

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info) ||
	    pread(fd, bytes, size, info.offset + at) != (ssize_t)size)
		return 0;
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool msi_has_masks(int fd)
{
	uint32_t at = config(fd, PCI_CAPABILITY_LIST, 1), id = 0;

	while (at && (id = config(fd, at, 1)) != PCI_CAP_ID_MSI && id)
		at = config(fd, at + PCI_CAP_LIST_NEXT, 1);
	return id == PCI_CAP_ID_MSI && config(fd, at + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_MASKBIT;
}

static bool can_be_masked(const struct iolu_device *device, uint32_t irq)
{
	return device->irq[irq].fds &&
	       (irq == IOLU_IRQ_MSIX || (irq == IOLU_IRQ_MSI && msi_has_masks(device->fd)));
}

static int mask(struct iolu_vm *vm, struct iolu_device *device, uint32_t irq)
{
	uint32_t count = device->irq[irq].count;
	int *none = no_eventfds(count), rc;

	if (!none)
		return iolu_fail(vm, -ENOMEM, "no memory for %u vectors", count);
	rc = set_irqs(device->fd, irq, VFIO_IRQ_SET_DATA_EVENTFD, count, none);
	free(none);
	if (rc)
		return iolu_fail(vm, rc, "%s of device %s cannot be masked: %s", names[irq],
				 device->object.name, strerror(-rc));
	device->irq[irq].kept = true;
	return 0;
}

static int unmask(struct iolu_vm *vm, struct iolu_device *device, uint32_t irq)
{
	struct iolu_irq *vectors = &device->irq[irq];
	int rc;

	if (!vectors->kept || !vectors->fds)
		return 0;
	rc = set_irqs(device->fd, irq, VFIO_IRQ_SET_DATA_EVENTFD, vectors->count, vectors->fds);
	if (rc)
		return iolu_fail(vm, rc, "%s of device %s cannot be unmasked: %s", names[irq],
				 device->object.name, strerror(-rc));
	vectors->kept = false;
	return 0;
}

int iolu_unmask_devices(struct iolu_vm *vm)
{
	struct iolu_device *device;
	uint32_t irq;
	int rc = 0;

	iolu_for_each(vm, IOLU_DEVICE, device)
		for (irq = 0; !rc && irq < IOLU_IRQS; irq++)
			rc = unmask(vm, device, irq);
	return rc;
}

int iolu_vm_mask(struct iolu_vm *vm)
{
	struct iolu_device *device;
	uint32_t irq;
	int rc = 0;

	if (vm->state != IOLU_PRESERVED)
		return iolu_fail(vm, -EBUSY, "VM \"%s\" is not preserved, or is already saved",
				 vm->name);
	iolu_for_each(vm, IOLU_DEVICE, device)
		for (irq = 0; !rc && irq < IOLU_IRQS; irq++)
			if (can_be_masked(device, irq))
				rc = mask(vm, device, irq);
	return rc;
}

/* -- arm -- */

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
	bool lost;
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
	lost = old->count && (old->fds || may_be_lost(device, irq));
	if (old->fds) {
		rc = disarm(device->fd, irq);
		if (rc)
			return iolu_fail(vm, rc, "%s of device %s cannot be disarmed: %s",
					 names[irq], name, strerror(-rc));
		iolu_close_vectors(old);
	}
	*old = (struct iolu_irq){ 0 };
	return count ? arm(vm, device, irq, count, lost) : 0;
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
