// SPDX-License-Identifier: GPL-2.0
/*
 * Updating a VM: mark and preserve in the previous kernel; retrieve, bind, adopt, attach and
 * finish in the new one. One function per phase, so that a scenario can measure a phase,
 * leave one out or change their order; each returns 0 or -errno.
 *
 * Invariant: of a VM that is not preserved only the memory is in the session.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "story/vm.h"

int vm_mark(struct vm *vm)
{
	unsigned int s;
	int rc = 0;

	for (s = 0; !rc && s < vm->data->nspaces; s++)
		rc = hwpt_mark(vm->iommufd, vm->hwpt[s], vm->data->space[s].token);
	return rc;
}

/* On failure the session is left as it is: its files go when it is closed. */
int vm_preserve_memory(struct vm *vm)
{
	unsigned int i;
	int rc = 0;

	vm->session = luo_create(vm->data->session);
	for (i = 0; !rc && i < vm->data->nmems; i++)
		rc = luo_preserve_fd(vm->session, vm->mem_fd[i], TOKEN_MEM(i));
	return rc;
}

int vm_preserve(struct vm *vm)
{
	const struct vm_data *data = vm->data;
	unsigned int i;
	int rc = vm_preserve_memory(vm);

	if (rc || !data->preserved)
		return rc;
	rc = luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
	for (i = 0; !rc && i < data->ndevices; i++)
		rc = luo_preserve_fd(vm->session, vm->device[i].dev, TOKEN_DEVICE(i));
	return rc;
}

/* Close the session; its files are unpreserved. */
void vm_call_off(struct vm *vm)
{
	close(vm->session);
	vm->session = -1;
}

void vm_retrieve_memory(struct vm *vm, struct vm_data *data)
{
	unsigned int i;

	memset(vm, 0, sizeof(*vm));
	vm->data = data;
	vm->iommufd = -1;
	vm->session = luo_retrieve(data->session);
	for (i = 0; i < data->nmems; i++) {
		vm->mem_fd[i] = luo_retrieve_fd(vm->session, TOKEN_MEM(i));
		if (vm->mem_fd[i] < 0)
			bail_out("retrieve VM memory: %s", strerror(-vm->mem_fd[i]));
		vm->mem[i] = must_map(vm->mem_fd[i], data->mem_size[i], 0, "VM memory");
	}
	for (i = 0; i < data->ndevices; i++) {
		vm->device[i].place = &data->device[i];
		vm->device[i].ops = dma_device_ops(data->device[i].model);
		vm->device[i].dev = -1;
		vm->device[i].event = -1;
	}
}

int vm_retrieve(struct vm *vm, struct vm_data *data)
{
	unsigned int i;

	vm_retrieve_memory(vm, data);
	vm->iommufd = luo_retrieve_fd(vm->session, TOKEN_IOMMUFD);
	if (vm->iommufd < 0)
		return vm->iommufd;
	for (i = 0; i < data->ndevices; i++) {
		vm->device[i].dev = luo_retrieve_fd(vm->session, TOKEN_DEVICE(i));
		if (vm->device[i].dev < 0)
			return vm->device[i].dev;
	}
	return 0;
}

int vm_bind(struct vm *vm)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < vm->data->ndevices; i++)
		rc = vm_bind_device(vm, &vm->device[i]);
	return rc;
}

/* Rebuilds each IOAS as it was, then takes its table over. */
int vm_adopt(struct vm *vm)
{
	struct adoption got;
	unsigned int s;
	int rc = 0;

	for (s = 0; !rc && s < vm->data->nspaces; s++) {
		if (!vm->ioas[s])
			vm_map_space(vm, s);
		rc = hwpt_adopt(vm->iommufd, vm->ioas[s], vm->data->space[s].token, &got);
		vm->hwpt[s] = got.hwpt;
		if (rc == -EBADE)
			diag("IOAS and table differ at IOVA 0x%llx",
			     (unsigned long long)got.bad_iova);
		else if (!rc)
			diag("adopted HWPT %u, %llu bytes compared", got.hwpt,
			     (unsigned long long)got.bytes);
	}
	return rc;
}

int vm_attach(struct vm *vm)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < vm->data->ndevices; i++)
		rc = vfio_attach(vm->device[i].dev, vm->hwpt[vm->data->device[i].space]);
	return rc;
}

int vm_restore(struct vm *vm, struct vm_data *data)
{
	int rc = vm_retrieve(vm, data);

	rc = rc ?: vm_bind(vm);
	rc = rc ?: vm_adopt(vm);
	return rc ?: vm_attach(vm);
}

int vm_finish(struct vm *vm)
{
	int rc = luo_finish(vm->session);

	if (rc)
		return rc;
	close(vm->session);
	vm->session = -1;
	return 0;
}
