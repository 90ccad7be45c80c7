// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of other kinds, attached to a VM's HWPT so that the kernel can be asked to preserve
 * them; they are not used beyond that. A step that fails ends the run.
 */
#include <string.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"

static int attach(struct vm *vm, const char *bdf,
		  int (*bind)(int dev, int iommufd, uint32_t *id))
{
	int dev = vfio_open(bdf);
	uint32_t id;
	int rc = dev < 0 ? dev : bind(dev, vm->iommufd, &id);

	if (rc >= 0)
		rc = vfio_attach(dev, vm->hwpt[0]);
	if (rc < 0)
		bail_out("attach %s: %s", bdf, strerror(-rc));
	return dev;
}

int extra_attach(struct vm *vm, const char *bdf)
{
	return attach(vm, bdf, vfio_bind);
}

int extra_attach_vf(struct vm *vm, char *bdf)
{
	ok_rc(vfio_set_vf_token(vm->device[0].dev), "the NIC has a token for virtual functions");
	ok_rc(pci_set(vm->device[0].place->bdf, "sriov_numvfs", "1"),
	      "the NIC gets a virtual function");
	pci_find_device(EXTRA_IGB_VF, 0, bdf);
	return attach(vm, bdf, vfio_bind_token);
}

void extra_open_session(struct vm *vm)
{
	int rc = vm_preserve_memory(vm);

	if (!rc)
		rc = luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
	if (rc)
		bail_out("preserve memory and iommufd: %s", strerror(-rc));
}
