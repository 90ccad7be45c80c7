// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of other kinds, attached to a VM's HWPT so that the kernel can be asked to preserve
 * them; they are not used beyond that. A step that fails ends the run.
 */
#include <string.h>

#include <linux/vfio.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"

/* vfio opens a virtual function only for a caller that knows the physical function's token. */
static const uint8_t vf_token[16] = { 0x2a };

static int attach(struct vm *vm, const char *bdf, const uint8_t *token)
{
	struct vfio_device_bind_iommufd arg = {
		.argsz = sizeof(arg), .iommufd = vm->iommufd,
		.flags = token ? VFIO_DEVICE_BIND_FLAG_TOKEN : 0,
		.token_uuid_ptr = (uintptr_t)token,
	};
	int dev = vfio_open(bdf);
	int rc = dev < 0 ? dev : try_ioctl(dev, VFIO_DEVICE_BIND_IOMMUFD, &arg);

	if (rc >= 0)
		rc = vfio_attach(dev, vm->hwpt[0]);
	if (rc < 0)
		bail_out("attach %s: %s", bdf, strerror(-rc));
	return dev;
}

int extra_attach(struct vm *vm, const char *bdf)
{
	return attach(vm, bdf, NULL);
}

static void set_vf_token(int dev)
{
	uint8_t arg[sizeof(struct vfio_device_feature) + sizeof(vf_token)]
		__attribute__((aligned(8)));
	const struct vfio_device_feature feature = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
	};

	memcpy(arg, &feature, sizeof(feature));
	memcpy(arg + sizeof(feature), vf_token, sizeof(vf_token));
	must_ioctl(dev, VFIO_DEVICE_FEATURE, arg, "set the token of virtual functions");
}

int extra_attach_vf(struct vm *vm, char *bdf)
{
	set_vf_token(vm->device[0].dev);
	ok_rc(pci_set(vm->device[0].place->bdf, "sriov_numvfs", "1"),
	      "the NIC gets a virtual function");
	pci_find_device(EXTRA_IGB_VF, 0, bdf);
	return attach(vm, bdf, vf_token);
}

void extra_open_session(struct vm *vm)
{
	int rc = vm_preserve_memory(vm);

	if (!rc)
		rc = luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
	if (rc)
		bail_out("preserve memory and iommufd: %s", strerror(-rc));
}
