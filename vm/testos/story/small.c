// SPDX-License-Identifier: GPL-2.0
/*
 * A VM as small as can be, for scenarios that need many of them or a device that is no NIC:
 * one memfd, mapped at one place, one HWPT, one device. Nothing of it is in the state that
 * travels; bdf and name can be found again in the next kernel.
 */
#define _GNU_SOURCE 1

#include <fcntl.h>
#include <string.h>

#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "story/small.h"
#include "story/vm.h"

int small_map(struct small *s)
{
	static const struct area area = { .iova = VM_RAM_IOVA, .length = SMALL_SIZE, .writable = 1 };
	int rc = ioas_alloc(s->iommufd, &s->ioas);

	return rc ? rc : ioas_map(s->iommufd, s->ioas, s->memfd, &area);
}

void small_build(struct small *s)
{
	int rc;

	s->memfd = vm_memfd(SMALL_SIZE, SEALS_FIXED);
	s->iommufd = iommufd_open();
	s->dev = vfio_open_bound(s->bdf, s->iommufd, &s->id);
	rc = s->dev < 0 ? s->dev : small_map(s);
	if (!rc)
		rc = hwpt_alloc(s->iommufd, s->id, s->ioas, &s->hwpt);
	if (!rc)
		rc = vfio_attach(s->dev, s->hwpt);
	if (!rc)
		rc = hwpt_mark(s->iommufd, s->hwpt, SMALL_TOKEN);
	if (rc)
		bail_out("a device for %s: %s", s->name, strerror(-rc));
	vfio_enable_bus_master(s->dev);
}

void small_preserve(struct small *s)
{
	int rc;

	s->session = luo_create(s->name);
	rc = luo_preserve_fd(s->session, s->memfd, TOKEN_MEM(0));
	if (!rc)
		rc = luo_preserve_fd(s->session, s->iommufd, TOKEN_IOMMUFD);
	if (!rc)
		rc = luo_preserve_fd(s->session, s->dev, TOKEN_NIC(0));
	if (rc)
		bail_out("preserve %s: %s", s->name, strerror(-rc));
}
