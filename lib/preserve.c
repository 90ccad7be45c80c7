// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Putting the objects of a VM into a session, and the checks before that.
 *
 * Memfds are preserved before the iommufd and the iommufd before the devices, because the kernel
 * requires each to be in the session already. LUO cannot remove a single file from a session:
 * closing the session undoes all of it.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/iommufd.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt memfd_attempt = {
	"preserved", "memfd", (const enum iolu_refusal[]){
		REFUSED_FILE_IN_SESSION, REFUSED_FILE_TOKEN, REFUSED_FILE_INCOMING,
		REFUSED_MEMFD_KIND, REFUSED_MEMFD_SIZE, REFUSED_MEMFD_CMA,
		REFUSED_MEMFD_POISON, REFUSED_MEMFD_HOLES, REFUSED_NONE
	},
};

/* The library allocates HWPTs without options, so only the format can be refused. */
static const struct iolu_attempt hwpt_attempt = {
	"preserved", "HWPT", (const enum iolu_refusal[]){
		REFUSED_HWPT_FORMAT, REFUSED_HWPT_TOKEN_USED, REFUSED_HWPT_IN_UPDATE, REFUSED_NONE
	},
};

static const struct iolu_attempt imported_hwpt_attempt = {
	"preserved", "HWPT", (const enum iolu_refusal[]){
		REFUSED_HWPT_NO_IOAS, REFUSED_HWPT_AUTO, REFUSED_HWPT_NESTING, REFUSED_HWPT_FAULTS,
		REFUSED_HWPT_SW_MSI, REFUSED_HWPT_FORMAT,
		REFUSED_HWPT_TOKEN_USED, REFUSED_HWPT_IN_UPDATE, REFUSED_NONE
	},
};

/* Marking succeeded before, so the kernel has a handler for iommufds. */
static const struct iolu_attempt iommufd_attempt = {
	"preserved", "iommufd of VM", (const enum iolu_refusal[]){
		REFUSED_FILE_IN_SESSION, REFUSED_FILE_TOKEN, REFUSED_FILE_INCOMING,
		REFUSED_IOMMUFD_UNMARKED, REFUSED_HWPT_DEVICE, REFUSED_IOMMUFD_HWPTS, REFUSED_IOAS_CHANGING,
		REFUSED_IOAS_DIRTY_TRACKING,
		REFUSED_IOAS_MEMORY, REFUSED_IOAS_MEMFD,
		REFUSED_IOAS_HOLE, REFUSED_IOAS_TABLE, REFUSED_ANY_QUOTA, REFUSED_ANY_UNPRESERVED,
		REFUSED_NONE
	},
};

/* The device is bound to an iommufd that is in the session; the library has seen to both. */
static const struct iolu_attempt device_attempt = {
	"preserved", "device", (const enum iolu_refusal[]){
		REFUSED_FILE_HANDLER, REFUSED_FILE_IN_SESSION, REFUSED_FILE_TOKEN,
		REFUSED_DEVICE_ENDPOINT, REFUSED_DEVICE_VF, REFUSED_DEVICE_CLASS,
		REFUSED_DEVICE_ALIAS, REFUSED_DEVICE_SEGMENT, REFUSED_DEVICE_UNFINISHED,
		REFUSED_DEVICE_ASLEEP, REFUSED_DEVICE_INTX,
		REFUSED_DEVICE_UNATTACHED, REFUSED_DEVICE_PASIDS, REFUSED_DEVICE_PASID_HWPT,
		REFUSED_DEVICE_MANY_PASIDS, REFUSED_DEVICE_PASID_ENTRY, REFUSED_DEVICE_ATS,
		REFUSED_DEVICE_ATS_OFF, REFUSED_DEVICE_ATS_REQUIRED, REFUSED_DEVICE_PRI,
		REFUSED_DEVICE_INTERRUPTS, REFUSED_DEVICE_ENCRYPTION,
		REFUSED_DEVICE_GUEST_TABLE, REFUSED_DEVICE_BINDING, REFUSED_ANY_QUOTA,
		REFUSED_ANY_UNPRESERVED, REFUSED_NONE
	},
};

int iolu_put(struct iolu_vm *vm, int fd, uint64_t token, const struct iolu_attempt *attempt,
	     const char *name)
{
	int rc = iolu_session_preserve_fd(vm->session, fd, token);

	return rc ? iolu_refused(vm, attempt, name, rc) : 0;
}

/* -- checks before the kernel is asked -- */

static int check_device(struct iolu_vm *vm, const struct iolu_device *device)
{
	if (!device->attached)
		return iolu_refuse(vm, &device_attempt, device->object.name,
				   REFUSED_DEVICE_UNATTACHED);
	return iolu_check_group(vm, device->object.name);
}

static int check_hwpt(struct iolu_vm *vm, const struct iolu_hwpt *hwpt)
{
	const struct iolu_device *device;

	iolu_for_each(vm, IOLU_DEVICE, device)
		if (device->hwpt == hwpt)
			return 0;
	return iolu_refuse(vm, &hwpt_attempt, hwpt->object.name, REFUSED_FREEZE_HWPT);
}

int iolu_check_objects(struct iolu_vm *vm)
{
	const struct iolu_device *device;
	const struct iolu_hwpt *hwpt;
	int rc = iolu_changeable(vm, false);

	if (!rc && vm->state == IOLU_INCOMING)
		rc = iolu_fail(vm, -EBUSY, "the previous update of VM \"%s\" is not finished: "
			       "call iolu_vm_finish()", vm->name);
	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = check_hwpt(vm, hwpt)))
			return rc;
	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = check_device(vm, device)))
			return rc;
	return 0;
}

/* -- HWPTs: marks, and what the kernel says about them -- */

static int clear_mark(const struct iolu_vm *vm, uint32_t hwpt)
{
	struct iommu_hwpt_liveupdate_mark arg = {
		.size = sizeof(arg), .flags = IOMMU_LIVEUPDATE_MARK_CLEAR, .hwpt_id = hwpt,
	};

	return ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg) ? -errno : 0;
}

/*
 * Another handle for the VM may have marked other HWPTs with these tokens, or one that no device is
 * attached to any more, which the kernel refuses. Tokens of the VMM are not touched.
 */
static void clear_marks(const struct iolu_vm *vm)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q) };

	while (!ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, &q))
		if (q.out_state != IOMMU_LIVEUPDATE_MARKED ||
		    (q.out_token & IOLU_TOKEN_OWNER) != IOLU_TOKEN_JOURNAL ||
		    clear_mark(vm, q.out_hwpt_id))
			q.index++;
}

static int mark(struct iolu_vm *vm, const struct iolu_hwpt *hwpt)
{
	struct iommu_hwpt_liveupdate_mark arg = {
		.size = sizeof(arg), .hwpt_id = hwpt->object.id, .token = hwpt->object.token,
	};
	int rc = ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg) ? -errno : 0;

	if (rc == -ENOTTY)
		return iolu_fail(vm, rc, "this kernel does not support live update of IOMMU state");
	if (rc == -ENOENT)
		return iolu_fail(vm, rc, "HWPT \"%s\": the iommufd has no HWPT with id %u",
				 hwpt->object.name, hwpt->object.id);
	return rc ? iolu_refused(vm, hwpt->object.imported ? &imported_hwpt_attempt : &hwpt_attempt,
				 hwpt->object.name, rc) : 0;
}

static int mark_all(struct iolu_vm *vm)
{
	const struct iolu_hwpt *hwpt;
	int rc = 0;

	if (vm->objects[IOLU_HWPT])
		clear_marks(vm);
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = mark(vm, hwpt)))
			break;
	return rc;
}

/* What the kernel knows about the HWPT; -ENOENT: no HWPT is marked with its token */
static int query(const struct iolu_vm *vm, const struct iolu_hwpt *hwpt,
		 struct iommu_liveupdate_query *q)
{
	*q = (struct iommu_liveupdate_query){ .size = sizeof(*q) };
	for (; !ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, q); q->index++)
		if (q->out_token == hwpt->object.token)
			return 0;
	return -errno;
}

static int check_ioas_of(struct iolu_vm *vm, const struct iolu_hwpt *hwpt)
{
	struct iommu_liveupdate_query q;
	int rc = query(vm, hwpt, &q);

	if (rc)
		return iolu_fail(vm, rc, "HWPT \"%s\": not preserved: %s", hwpt->object.name,
				 strerror(-rc));
	if (q.out_ioas_id == hwpt->ioas->object.id)
		return 0;
	return iolu_fail(vm, -EBADE, "HWPT \"%s\": not preserved: it is not one of IOAS \"%s\"",
			 hwpt->object.name, hwpt->ioas->object.name);
}

static bool has_hwpt(const struct iolu_vm *vm, const struct iolu_ioas *ioas)
{
	const struct iolu_hwpt *hwpt;

	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if (hwpt->ioas == ioas)
			return true;
	return false;
}

/* The next kernel compares each table with an IOAS that is rebuilt from the handle. */
static int check_mapped(struct iolu_vm *vm)
{
	const struct iolu_hwpt *hwpt;
	struct iolu_ioas *ioas;
	int rc;

	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = check_ioas_of(vm, hwpt)))
			return rc;
	iolu_for_each(vm, IOLU_IOAS, ioas)
		if (has_hwpt(vm, ioas) && (rc = iolu_check_areas(vm, ioas)))
			return rc;
	return 0;
}

int iolu_check_mapped(struct iolu_vm *vm)
{
	int rc = mark_all(vm);

	return rc ? rc : check_mapped(vm);
}

/* -- preserve -- */

/*
 * The VMM preserves its own memfds itself. A trial takes them too; it cannot (1) if they are in the
 * session of the VMM already.
 */
static int put_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd)
{
	int rc;

	iolu_step(vm, "preserve memfd", memfd->object.name);
	rc = iolu_put(vm, memfd->fd, memfd->object.token, &memfd_attempt, memfd->object.name);
	return rc == -EBUSY && memfd->object.imported ? 1 : rc;
}

static int put_memfds(struct iolu_vm *vm, bool trial)
{
	struct iolu_memfd *memfd;
	int rc;

	iolu_for_each(vm, IOLU_MEMFD, memfd) {
		rc = memfd->object.imported && !trial ? 0 : put_memfd(vm, memfd);
		/* Now its size cannot change any more */
		if (!rc)
			rc = iolu_measure_memfd(vm, memfd);
		if (rc)
			return rc;
	}
	return 0;
}

/*
 * An iommufd without an HWPT is not preserved: the next kernel opens a new one. Only a preserved IOAS
 * cannot change any more, so it is compared again then.
 */
static int put_iommufd(struct iolu_vm *vm)
{
	int rc;

	if (!vm->objects[IOLU_HWPT])
		return 0;
	iolu_step(vm, "preserve iommufd", vm->name);
	rc = iolu_put(vm, vm->iommufd, IOLU_TOKEN_IOMMUFD, &iommufd_attempt, vm->name);
	return rc ? rc : check_mapped(vm);
}

static uint32_t devices_of(const struct iolu_vm *vm, const struct iolu_hwpt *hwpt)
{
	struct iommu_liveupdate_query q;

	return query(vm, hwpt, &q) ? 0 : q.out_devices;
}

/* The kernel counts the devices of an HWPT; so it says which HWPT a device is attached to. */
static int put_device(struct iolu_vm *vm, const struct iolu_device *device)
{
	uint32_t others = devices_of(vm, device->hwpt);
	int rc;

	iolu_step(vm, "preserve device", device->object.name);
	rc = iolu_put(vm, device->fd, device->object.token, &device_attempt, device->object.name);
	if (rc || devices_of(vm, device->hwpt) > others)
		return rc;
	return iolu_fail(vm, -EBADE, "device %s: not preserved: it is not attached to HWPT \"%s\"",
			 device->object.name, device->hwpt->object.name);
}

static int put_devices(struct iolu_vm *vm)
{
	const struct iolu_device *device;
	int rc;

	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = put_device(vm, device)))
			return rc;
	return 0;
}

int iolu_put_objects(struct iolu_vm *vm, bool trial)
{
	int rc = iolu_check_mapped(vm);

	if (!rc)
		rc = put_memfds(vm, trial);
	if (!rc)
		rc = put_iommufd(vm);
	return rc ? rc : put_devices(vm);
}
