// SPDX-License-Identifier: GPL-2.0
/*
 * While a VM is preserved its IOMMU state cannot be changed by any path, and DMA continues. An
 * IOAS with two preserved HWPTs stays immutable until both are unpreserved. A preserve that fails
 * at the last of many HWPTs unpreserves all before it.
 *
 * promise: 5
 * red when: an IOAS is immutable while an HWPT of it is preserved
 *   (`iopt_liveupdate_may_change`): a memfd is mapped, the RAM is unmapped under the NIC; 7,575
 *   of 8,323 frames lost, faults
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kho.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define TOKEN_SECOND	0xd0e000ull
#define TOKEN_MANY	0xd10000ull
#define MANY		256		/* more than a record has room for */

static int copy(struct vm *vm)
{
	struct iommu_ioas_copy arg = {
		.size = sizeof(arg), .dst_ioas_id = vm->ioas[0], .src_ioas_id = vm->ioas[0],
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.length = MIB, .dst_iova = VM_FREE_IOVA, .src_iova = VM_RAM_IOVA,
	};

	return try_ioctl(vm->iommufd, IOMMU_IOAS_COPY, &arg);
}

static int map_fresh(struct vm *vm)
{
	int fd = vm_memfd(MIB, SEALS_FIXED);
	int rc = vm_map_spare(vm, fd);

	close(fd);
	return rc;
}

static void maps(struct vm *vm)
{
	ok_errno(vm_map_spare(vm, vm->mem_fd[VM_RAM]), EBUSY, "no memfd can be mapped");
	ok_errno(map_fresh(vm), EBUSY, "not one outside of the session either");
	ok_errno(ioas_map_user(vm->iommufd, vm->ioas[0], vm->mem[VM_RAM], &vm_spare), EBUSY,
		 "no memory can be mapped by its address");
	ok_errno(copy(vm), EBUSY, "no mapping can be copied");
	ok_errno(ioas_unmap(vm->iommufd, vm->ioas[0], VM_RAM_IOVA, VM_RAM_SIZE), EBUSY,
		 "none can be unmapped");
	ok_errno(ioas_unmap(vm->iommufd, vm->ioas[0], 0, ~0ull), EBUSY, "nor all of them");
}

/* The spare device is attached to the second HWPT, and not preserved. */
static void attachments(struct vm *vm, int spare_dev, uint32_t second)
{
	ok_errno(vfio_attach(spare_dev, vm->hwpt[0]), EBUSY,
		 "no other device can be attached to a preserved HWPT");
	ok_errno(vfio_attach(spare_dev, vm->ioas[0]), EBUSY, "nor to its IOAS");
	ok_errno(vfio_attach(vm->device[0].dev, second), EBUSY,
		 "the attachment cannot be replaced by one to another HWPT");
	ok_errno(vfio_attach(vm->device[0].dev, vm->ioas[0]), EBUSY, "nor by one to the IOAS");
	ok_errno(vfio_detach(vm->device[0].dev), EBUSY, "the device cannot be detached");
}

static void objects(struct vm *vm, uint32_t second)
{
	ok_errno(iommufd_destroy(vm->iommufd, vm->hwpt[0]), EBUSY, "no HWPT can be destroyed");
	ok_errno(iommufd_destroy(vm->iommufd, second), EBUSY,
		 "also not one that no preserved device is attached to");
	ok_errno(iommufd_destroy(vm->iommufd, vm->ioas[0]), EBUSY, "nor the IOAS");
	ok_errno(iommufd_destroy(vm->iommufd, vm->device[0].id), EBUSY, "nor the device");
	ok_errno(hwpt_mark(vm->iommufd, vm->hwpt[0], TOKEN_MANY), EBUSY,
		 "no mark can be changed");
	ok_errno(hwpt_unmark(vm->iommufd, second), EBUSY, "nor taken off");
}

static void neighbours(struct vm *vm)
{
	const char *bdf = vm->device[0].place->bdf;
	struct pci_path path;

	pci_path(bdf, &path);
	ok_errno(pci_set(bdf, "remove", "1"), EBUSY, "the device cannot be removed");
	ok_errno(pci_set(path.bdf[0], "remove", "1"), EBUSY, "nor the bridge above it");
}

static void is_preserved(struct vm *vm, unsigned int n)
{
	struct iommu_liveupdate_query q;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (hwpt_query(vm->iommufd, i, &q) || q.out_state != IOMMU_LIVEUPDATE_PRESERVED)
			break;
	ok(i == n, "each marked HWPT is preserved", "%u of %u are", i, n);
}

static void close_session(struct vm *vm)
{
	vm_call_off(vm);
	ok(!kho_records(), "the session is called off, nothing is left of it",
	   "%llu records are", (unsigned long long)kho_records());
}

static void frozen_in(struct vm *vm, int spare_dev, uint32_t second)
{
	ok_rc(vfio_attach(spare_dev, second), "a second HWPT has a device");
	ok_rc(vm_preserve(vm), "the VM is preserved");
	is_preserved(vm, 2);
	maps(vm);
	attachments(vm, spare_dev, second);
	objects(vm, second);
	neighbours(vm);
	close_session(vm);
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "now a memfd can be mapped");
	ok_rc(vm_unmap_spare(vm), "and unmapped");
	ok_rc(vfio_attach(spare_dev, vm->hwpt[0]), "another device be attached");
	ok_rc(vfio_detach(spare_dev), "and detached");
	ok_rc(iommufd_destroy(vm->iommufd, second), "and the other HWPT be destroyed");
}

/* Each of them is over the VM's IOAS, which is held once for each. */
static void too_many(struct vm *vm)
{
	static uint32_t hwpt[MANY];
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < MANY; i++) {
		rc = hwpt_alloc(vm->iommufd, vm->device[0].id, vm->ioas[0], &hwpt[i]);
		if (!rc)
			rc = hwpt_mark(vm->iommufd, hwpt[i], TOKEN_MANY + i);
	}
	ok_rc(rc, "very many HWPTs are marked");
	ok_errno(vm_preserve(vm), E2BIG, "too many to be preserved");
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]),
	      "of those before the last none holds the IOAS any more");
	ok_rc(vm_unmap_spare(vm), "as before");
	for (rc = 0; !rc && i--; )
		rc = iommufd_destroy(vm->iommufd, hwpt[i]);
	ok_rc(rc, "nor is any of them held");
	close_session(vm);
}

static int open_spare(struct vm *vm)
{
	char bdf[BDF_LEN];
	uint32_t id;
	int dev;

	pci_find_device(EXTRA_E1000E, 0, bdf);
	dev = vfio_open_bound(bdf, vm->iommufd, &id);
	if (dev < 0)
		bail_out("open %s: %s", bdf, strerror(-dev));
	return dev;
}

static void before(void)
{
	struct vm *vm = story_vm(0);
	uint32_t second;
	int spare_dev;

	story_begin(one_nic_each, 1);
	spare_dev = open_spare(vm);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	ok_rc(hwpt_alloc(vm->iommufd, vm->device[0].id, vm->ioas[0], &second),
	      "a second HWPT of the same IOAS is made");
	ok_rc(hwpt_mark(vm->iommufd, second, TOKEN_SECOND), "and marked");
	mark("preserve.begin");
	frozen_in(vm, spare_dev, second);
	too_many(vm);
	mark("preserve.end");
	mark("finish.begin");
	mark("finish.end");
	story_traffic("lu.post");
	story_judge();
	close(spare_dev);
	story_close(vm);
}

SCENARIO(.name = "refusals_preserved",
	 .qemu = "-device pcie-root-port,id=more,chassis=8,addr=08 -device e1000e,bus=more",
	 .cmdline = "lu.rate=300", .before = before);
