// SPDX-License-Identifier: GPL-2.0
/*
 * The device with PASIDs, see pasids.h. It does no DMA: what the hardware would use is read from
 * the PASID table in physical memory.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/extra.h"
#include "iommu/platform.h"
#include "iommu/vtd.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "story/pasids.h"

static const uint32_t pasid_of[STATE_PASIDS] = { 0, PASID_SMALL, PASID_LARGE };

#define TOKEN_HWPT(i)	(0xd0f000ull + (i))

struct vm_data *pasids_data(void)
{
	return &state_get()->vm[STATE_VMS - 1];
}

static void attach(struct pasids *p)
{
	ok_rc(vfio_attach(p->dev, p->hwpt[0]), "the device with PASIDs is attached");
	ok_rc(vfio_attach_pasid(p->dev, PASID_SMALL, p->hwpt[1]), "and so is a small PASID");
	ok_rc(vfio_attach_pasid(p->dev, PASID_LARGE, p->hwpt[0]), "and a large one");
}

void pasids_create(struct pasids *p)
{
	static const struct vm_shape shape = { .session = "pasids", .nspaces = 1 };
	struct vm *vm = &p->vm;
	unsigned int i;
	int rc = 0;

	vm_create(vm, pasids_data(), &shape);
	pci_find_device(EXTRA_PASIDS, 0, p->bdf);
	/* Its record is found by that */
	snprintf(pasids_data()->device[0].bdf, BDF_LEN, "%s", p->bdf);
	p->dev = vfio_open_bound(p->bdf, vm->iommufd, &p->id);
	if (p->dev < 0)
		bail_out("open %s: %s", p->bdf, strerror(-p->dev));
	for (i = 0; !rc && i < PASIDS_HWPTS; i++)
		rc = hwpt_alloc_pasid(vm->iommufd, p->id, vm->ioas[0], &p->hwpt[i]);
	for (i = 0; !rc && i < PASIDS_HWPTS; i++)
		rc = hwpt_mark(vm->iommufd, p->hwpt[i], TOKEN_HWPT(i));
	ok_rc(rc, "HWPTs for PASIDs are made and marked");
	vfio_enable_bus_master(p->dev);
	attach(p);
}

int pasids_preserve(struct pasids *p)
{
	extra_open_session(&p->vm);
	return luo_preserve_fd(p->vm.session, p->dev, EXTRA_TOKEN);
}

void pasids_retrieve(struct pasids *p)
{
	vm_retrieve_memory(&p->vm, pasids_data());
	snprintf(p->bdf, sizeof(p->bdf), "%s", pasids_data()->device[0].bdf);
	p->vm.iommufd = luo_retrieve_fd(p->vm.session, TOKEN_IOMMUFD);
	ok_rc(p->vm.iommufd < 0 ? p->vm.iommufd : 0, "its iommufd is retrieved");
	p->dev = luo_retrieve_fd(p->vm.session, EXTRA_TOKEN);
}

uint64_t pasid_entry(const struct pasids *p, uint32_t pasid)
{
	return vtd_pasid_entry(platform()->root(), pci_source_id(p->bdf), pasid);
}

static bool read_entry(const struct pasids *p, uint32_t pasid, uint64_t entry[8])
{
	uint64_t at = pasid_entry(p, pasid);

	if (at)
		phys_read(entry, at, 64);
	return at;
}

bool pasid_is_present(const struct pasids *p, uint32_t pasid)
{
	uint64_t entry[8];

	return read_entry(p, pasid, entry) && entry[0] & 1;
}

void pasids_record(const struct pasids *p)
{
	struct state *state = state_get();
	unsigned int i;

	for (i = 0; i < STATE_PASIDS; i++)
		ok(read_entry(p, pasid_of[i], state->pasid_entry[i]) &&
		   state->pasid_entry[i][0] & 1, "the IOMMU has an entry", "PASID %u has none",
		   pasid_of[i]);
}

void pasids_unchanged(const struct pasids *p, const char *when)
{
	struct state *state = state_get();
	uint64_t entry[8];
	unsigned int i;

	for (i = 0; i < STATE_PASIDS; i++)
		ok(read_entry(p, pasid_of[i], entry) &&
		   !memcmp(entry, state->pasid_entry[i], sizeof(entry)), when,
		   "the entry of PASID %u has changed", pasid_of[i]);
}

void pasids_adopt(struct pasids *p)
{
	struct vm *vm = &p->vm;
	struct adoption got;
	unsigned int i;
	int rc;

	rc = vfio_bind(p->dev, vm->iommufd, &p->id);
	vm_map_space(vm, 0);
	for (i = 0; !rc && i < PASIDS_HWPTS; i++) {
		rc = hwpt_adopt(vm->iommufd, vm->ioas[0], TOKEN_HWPT(i), &got);
		p->hwpt[i] = got.hwpt;
	}
	ok_rc(rc, "the device with PASIDs is bound, its HWPTs are adopted");
}

void pasids_close(struct pasids *p)
{
	unsigned int i;
	int rc = 0;

	close(p->dev);
	for (i = 0; !rc && i < PASIDS_HWPTS; i++)
		rc = iommufd_destroy(p->vm.iommufd, p->hwpt[i]);
	ok_rc(rc, "HWPTs for PASIDs are destroyed when the device is closed");
	close(p->vm.iommufd);
}
