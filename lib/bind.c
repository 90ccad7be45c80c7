// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Binding a device to the iommufd, and the tokens of virtual functions.
 *
 * vfio-pci binds a virtual function whose physical function it drives, and a physical function
 * whose virtual functions are in use, for a caller that knows the physical function's token only.
 * The kernel hands the token over with the devices. The handle has a list of tokens by address, as
 * the VMM has set them, and no part of it is written to the journal: the token opens the physical
 * function and all of its virtual functions, a session opens its own devices.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/vfio.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt bind_attempt = { "bound", "device", NULL };

/* -- tokens -- */

static struct iolu_vf_token **find_token(struct iolu_vm *vm, const char *bdf)
{
	struct iolu_vf_token **at = &vm->vf_tokens;

	while (*at && strcmp((*at)->bdf, bdf))
		at = &(*at)->next;
	return at;
}

static void drop_token(struct iolu_vf_token **at)
{
	struct iolu_vf_token *token = *at;

	*at = token->next;
	explicit_bzero(token, sizeof(*token));
	free(token);
}

void iolu_drop_vf_tokens(struct iolu_vm *vm)
{
	while (vm->vf_tokens)
		drop_token(&vm->vf_tokens);
}

int iolu_vm_set_vf_token(struct iolu_vm *vm, const char *bdf, const uint8_t token[16])
{
	int rc = iolu_check_bdf(vm, bdf);
	struct iolu_vf_token **at, *new;

	if (rc)
		return rc;
	new = token ? calloc(1, sizeof(*new)) : NULL;
	if (token && !new)
		return iolu_fail(vm, -ENOMEM, "no memory for the VF token of device %s", bdf);
	at = find_token(vm, bdf);
	if (*at)
		drop_token(at);
	if (!new)
		return 0;
	strcpy(new->bdf, bdf);
	memcpy(new->uuid, token, sizeof(new->uuid));
	new->next = *at;
	*at = new;
	return 0;
}

/* -- bound devices -- */

/* A process that restored the VM before and died may have bound the device. */
bool iolu_is_bound(int fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return !ioctl(fd, VFIO_DEVICE_GET_INFO, &info);
}

/*
 * The id of a bound device is in the list of the devices that a reset of the bus affects; 0 if there
 * is no such reset, so no list. -ENODEV: the device is not in it, so it has another address.
 */
int iolu_bound_id(const struct iolu_device *device, uint32_t *id)
{
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device devices[256];
	} arg = { .info.argsz = sizeof(arg) };
	const struct vfio_pci_dependent_device *d = arg.devices;
	unsigned int segment, bus, slot, function;

	*id = 0;
	sscanf(device->object.name, "%x:%x:%x.%x", &segment, &bus, &slot, &function);
	if (ioctl(device->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &arg) ||
	    !(arg.info.flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID))
		return 0;
	for (; d < arg.devices + arg.info.count; d++) {
		if (d->segment != segment || d->bus != bus || d->devfn != (slot << 3 | function))
			continue;
		if (d->devid != (uint32_t)VFIO_PCI_DEVID_NOT_OWNED)
			*id = d->devid;
		return 0;
	}
	return -ENODEV;
}

/* -- bind -- */

static int fail_bind(struct iolu_vm *vm, const struct iolu_device *device, bool token, int err)
{
	const char *name = device->object.name;
	bool bound = iolu_is_bound(device->fd);

	if (vm->state == IOLU_INCOMING && err == EINVAL && bound)
		return 0;
	if (err == EACCES)
		return iolu_refuse(vm, &bind_attempt, name,
				   token ? REFUSED_BIND_TOKEN_WRONG : REFUSED_BIND_TOKEN);
	if (err == EINVAL && token && !bound)
		return iolu_refuse(vm, &bind_attempt, name, REFUSED_BIND_TOKEN_UNUSED);
	return iolu_fail(vm, -err, "device %s cannot be bound to the iommufd: %s", name,
			 bound ? "it is bound already" : strerror(err));
}

int iolu_bind(struct iolu_vm *vm, struct iolu_device *device)
{
	struct vfio_device_bind_iommufd arg = { .argsz = sizeof(arg), .iommufd = vm->iommufd };
	const struct iolu_vf_token *token = *find_token(vm, device->object.name);
	int rc = 0;

	if (device->bound)
		return 0;
	if (token) {
		arg.flags = VFIO_DEVICE_BIND_FLAG_TOKEN;
		arg.token_uuid_ptr = (uintptr_t)token->uuid;
	}
	if (ioctl(device->fd, VFIO_DEVICE_BIND_IOMMUFD, &arg))
		rc = fail_bind(vm, device, token, errno);
	if (rc)
		return rc;
	device->object.id = arg.out_devid;
	if (!device->object.id)
		iolu_bound_id(device, &device->object.id);
	device->bound = true;
	return 0;
}
