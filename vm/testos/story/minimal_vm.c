// SPDX-License-Identifier: GPL-2.0
/*
 * A minimal VM, for scenarios that need many VMs or a device that is not a NIC: one memfd,
 * mapped once, one HWPT, one device. It is not part of the state that is handed over; the next
 * kernel's half finds bdf and name by itself.
 */
#define _GNU_SOURCE 1

#include <fcntl.h>
#include <string.h>

#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "story/minimal_vm.h"
#include "story/vm.h"

static uint64_t size(const struct minimal_vm *s)
{
	return s->size ? s->size : MINIMAL_VM_SIZE;
}

int minimal_vm_map(struct minimal_vm *s)
{
	struct area area = { .iova = VM_RAM_IOVA, .length = size(s), .writable = 1 };
	int rc = ioas_alloc(s->iommufd, &s->ioas);

	return rc ? rc : ioas_map(s->iommufd, s->ioas, s->memfd, &area);
}

static int bind(struct minimal_vm *s)
{
	return s->token ? vfio_bind_token(s->dev, s->iommufd, &s->id) :
			  vfio_bind(s->dev, s->iommufd, &s->id);
}

void minimal_vm_build(struct minimal_vm *s)
{
	s->memfd = vm_memfd(size(s), SEALS_FIXED);
	minimal_vm_build_on(s);
}

void minimal_vm_build_on(struct minimal_vm *s)
{
	int rc;

	s->iommufd = iommufd_open();
	s->dev = vfio_open(s->bdf);
	rc = s->dev < 0 ? s->dev : bind(s);
	if (rc >= 0)
		rc = minimal_vm_map(s);
	if (!rc)
		rc = hwpt_alloc(s->iommufd, s->id, s->ioas, &s->hwpt);
	if (!rc)
		rc = vfio_attach(s->dev, s->hwpt);
	if (!rc)
		rc = hwpt_mark(s->iommufd, s->hwpt, MINIMAL_VM_TOKEN);
	if (rc)
		bail_out("a device for %s: %s", s->name, strerror(-rc));
	vfio_enable_bus_master(s->dev);
}

void minimal_vm_preserve(struct minimal_vm *s)
{
	int rc;

	s->session = luo_create(s->name);
	rc = luo_preserve_fd(s->session, s->memfd, TOKEN_MEM(0));
	if (!rc)
		rc = luo_preserve_fd(s->session, s->iommufd, TOKEN_IOMMUFD);
	if (!rc)
		rc = luo_preserve_fd(s->session, s->dev, TOKEN_DEVICE(0));
	if (rc)
		bail_out("preserve %s: %s", s->name, strerror(-rc));
}
