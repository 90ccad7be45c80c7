// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The previous kernel: preserve, seal, and undo.
 *
 * Memfds are preserved before the iommufd and the iommufd before the devices, because the kernel
 * requires each to be in the session already. The journal is preserved last, so that blobs can
 * be set until then. LUO cannot remove a single file from a session: closing the session undoes
 * all of it.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/iommufd_liveupdate.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt memfd_attempt = {
	"preserved", "memfd", (const enum iolu_refusal[]){
		REFUSED_FILE_IN_SESSION, REFUSED_FILE_TOKEN, REFUSED_FILE_INCOMING,
		REFUSED_MEMFD_KIND, REFUSED_MEMFD_SIZE, REFUSED_NONE
	},
};

static const struct iolu_attempt journal_attempt = {
	"preserved", "journal of VM", (const enum iolu_refusal[]){
		REFUSED_FILE_TOKEN, REFUSED_FILE_INCOMING, REFUSED_NONE
	},
};

/* The library allocates HWPTs without options, so only the format can be refused. */
static const struct iolu_attempt hwpt_attempt = {
	"preserved", "HWPT", (const enum iolu_refusal[]){
		REFUSED_HWPT_FORMAT, REFUSED_HWPT_TOKEN_USED, REFUSED_HWPT_IN_UPDATE, REFUSED_NONE
	},
};

/* Marking succeeded before, so the kernel has a handler for iommufds. */
static const struct iolu_attempt iommufd_attempt = {
	"preserved", "iommufd of VM", (const enum iolu_refusal[]){
		REFUSED_FILE_IN_SESSION, REFUSED_FILE_TOKEN, REFUSED_FILE_INCOMING,
		REFUSED_IOMMUFD_UNMARKED, REFUSED_IOMMUFD_HWPTS, REFUSED_IOAS_CHANGING,
		REFUSED_IOAS_MEMORY, REFUSED_IOAS_UNSEALED, REFUSED_IOAS_MEMFD,
		REFUSED_IOAS_HOLE, REFUSED_IOAS_TABLE, REFUSED_ANY_FULL, REFUSED_NONE
	},
};

/* The device is bound to an iommufd that is in the session; the library has seen to both. */
static const struct iolu_attempt device_attempt = {
	"preserved", "device", (const enum iolu_refusal[]){
		REFUSED_FILE_HANDLER, REFUSED_FILE_IN_SESSION, REFUSED_FILE_TOKEN,
		REFUSED_DEVICE_ENDPOINT, REFUSED_DEVICE_VF, REFUSED_DEVICE_HAS_VFS,
		REFUSED_DEVICE_CLASS, REFUSED_DEVICE_ALIAS, REFUSED_DEVICE_UNFINISHED,
		REFUSED_DEVICE_ASLEEP, REFUSED_DEVICE_INTX, REFUSED_DEVICE_GROUP,
		REFUSED_DEVICE_UNATTACHED, REFUSED_DEVICE_PASIDS, REFUSED_DEVICE_ATS,
		REFUSED_ANY_FULL, REFUSED_NONE
	},
};

static int put(struct iolu_vm *vm, int fd, uint64_t token, const struct iolu_attempt *attempt,
	       const char *name)
{
	int rc = iolu_session_preserve_fd(vm->session, fd, token);

	return rc ? iolu_refused(vm, attempt, name, rc) : 0;
}

/* -- checks before the kernel is asked -- */

static int check_device(struct iolu_vm *vm, const struct iolu_device *device)
{
	if (device->attached)
		return 0;
	return iolu_refuse(vm, &device_attempt, device->object.name, REFUSED_DEVICE_UNATTACHED);
}

static int check_hwpt(struct iolu_vm *vm, const struct iolu_hwpt *hwpt)
{
	const struct iolu_device *device;

	iolu_for_each(vm, IOLU_DEVICE, device)
		if (device->hwpt == hwpt)
			return 0;
	return iolu_refuse(vm, &hwpt_attempt, hwpt->object.name, REFUSED_FREEZE_HWPT);
}

static int check(struct iolu_vm *vm)
{
	const struct iolu_memfd *memfd;
	const struct iolu_device *device;
	const struct iolu_hwpt *hwpt;
	int rc = iolu_changeable(vm, false);

	if (!rc && vm->state == IOLU_INCOMING)
		rc = iolu_fail(vm, -EBUSY, "the previous update of VM \"%s\" is not finished: "
			       "call iolu_vm_finish()", vm->name);
	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_MEMFD, memfd)
		if ((rc = iolu_check_seals(vm, memfd)))
			return rc;
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = check_hwpt(vm, hwpt)))
			return rc;
	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = check_device(vm, device)))
			return rc;
	return 0;
}

/* -- preserve -- */

static int mark(struct iolu_vm *vm, struct iolu_hwpt *hwpt)
{
	struct iommu_hwpt_liveupdate_mark arg = {
		.size = sizeof(arg), .hwpt_id = hwpt->id, .token = hwpt->object.token,
	};
	int rc;

	if (hwpt->marked)
		return 0;
	rc = ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg) ? -errno : 0;
	if (rc == -ENOTTY)
		return iolu_fail(vm, rc, "this kernel does not support live update of IOMMU state");
	if (rc)
		return iolu_refused(vm, &hwpt_attempt, hwpt->object.name, rc);
	hwpt->marked = true;
	return 0;
}

static int put_memfds(struct iolu_vm *vm)
{
	const struct iolu_memfd *memfd;
	int rc;

	iolu_for_each(vm, IOLU_MEMFD, memfd) {
		iolu_step(vm, "preserve memfd", memfd->object.name);
		rc = put(vm, memfd->fd, memfd->object.token, &memfd_attempt,
			 memfd->object.name);
		if (rc)
			return rc;
	}
	return 0;
}

static uint64_t bytes_of(const struct iolu_ioas *ioas)
{
	const struct iolu_map *map;
	uint64_t bytes = 0;

	for (map = ioas->maps; map; map = map->next)
		bytes += map->length;
	return bytes;
}

/*
 * The next kernel compares each table with an IOAS that is rebuilt from the library's list. If
 * the VMM has changed the IOAS without the library, that fails when it is too late.
 */
static int check_mapped(struct iolu_vm *vm)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q) };
	const struct iolu_hwpt *hwpt;
	uint64_t bytes;

	for (; !ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, &q); q.index++) {
		hwpt = iolu_find_token(vm, IOLU_HWPT, q.out_token);
		if (!hwpt || q.out_state != IOMMU_LIVEUPDATE_PRESERVED)
			continue;
		bytes = bytes_of(hwpt->ioas);
		if (bytes == q.out_mapped_bytes)
			continue;
		return iolu_fail(vm, -EBADE, "IOAS \"%s\": not preserved: %s (0x%llx bytes are mapped, "
				 "0x%llx by the library)", hwpt->ioas->object.name,
				 iolu_refusal_sentence(REFUSED_IOAS_UNKNOWN),
				 (unsigned long long)q.out_mapped_bytes,
				 (unsigned long long)bytes);
	}
	return 0;
}

/* An iommufd without an HWPT is not preserved: the next kernel opens a new one. */
static int put_iommufd(struct iolu_vm *vm)
{
	struct iolu_hwpt *hwpt;
	int rc;

	if (!vm->objects[IOLU_HWPT])
		return 0;
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = mark(vm, hwpt)))
			return rc;
	iolu_step(vm, "preserve iommufd", vm->name);
	rc = put(vm, vm->iommufd, IOLU_TOKEN_IOMMUFD, &iommufd_attempt, vm->name);
	return rc ? rc : check_mapped(vm);
}

static int put_devices(struct iolu_vm *vm)
{
	const struct iolu_device *device;
	int rc;

	iolu_for_each(vm, IOLU_DEVICE, device) {
		iolu_step(vm, "preserve device", device->object.name);
		rc = put(vm, device->fd, device->object.token, &device_attempt,
			 device->object.name);
		if (rc)
			return rc;
	}
	return 0;
}

int iolu_vm_preserve(struct iolu_vm *vm)
{
	int rc = check(vm);

	if (rc)
		return rc;
	if (!iolu_session_use_given(vm))
		rc = iolu_session_create(vm);
	if (!rc)
		rc = put_memfds(vm);
	if (!rc)
		rc = put_iommufd(vm);
	if (!rc)
		rc = put_devices(vm);
	if (rc)
		iolu_close(&vm->session);
	else
		vm->state = IOLU_PRESERVED;
	return rc;
}

/* -- seal -- */

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(fd, bytes, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= n;
		}
	}
	return 0;
}

static int journal_fd(struct iolu_vm *vm, const void *bytes, size_t size, int *fd)
{
	int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, rc;

	*fd = memfd_create("iolu-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	rc = *fd < 0 ? -errno : write_all(*fd, bytes, size);
	if (!rc && fcntl(*fd, F_ADD_SEALS, seals))
		rc = -errno;
	if (rc)
		iolu_fail(vm, rc, "the journal cannot be written: %s", strerror(-rc));
	return rc;
}

int iolu_vm_seal(struct iolu_vm *vm)
{
	size_t size;
	void *bytes;
	int fd, rc;

	if (vm->state != IOLU_PRESERVED)
		return iolu_fail(vm, -EBUSY, "VM \"%s\" is not preserved, or is already saved",
				 vm->name);
	iolu_step(vm, "write journal", vm->name);
	rc = iolu_journal_write(vm, &bytes, &size);
	if (rc)
		return rc;
	rc = journal_fd(vm, bytes, size, &fd);
	free(bytes);
	if (!rc)
		rc = put(vm, fd, IOLU_TOKEN_JOURNAL, &journal_attempt, vm->name);
	iolu_close(&fd);
	if (!rc)
		vm->state = IOLU_SAVED;
	return rc;
}

int iolu_vm_save(struct iolu_vm *vm)
{
	char reason[sizeof(vm->reason)];
	int rc = iolu_vm_preserve(vm);

	if (rc)
		return rc;
	rc = iolu_vm_seal(vm);
	if (!rc)
		return 0;
	memcpy(reason, vm->reason, sizeof(reason));
	iolu_vm_unsave(vm);
	memcpy(vm->reason, reason, sizeof(reason));
	return rc;
}

/* -- undo -- */

/* Is an HWPT of the VM still preserved in a session? */
static bool still_preserved(const struct iolu_vm *vm)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q) };

	for (; vm->iommufd >= 0 && !ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, &q); q.index++)
		if (q.out_state == IOMMU_LIVEUPDATE_PRESERVED)
			return true;
	return false;
}

int iolu_vm_unsave(struct iolu_vm *vm)
{
	if (vm->state != IOLU_PRESERVED && vm->state != IOLU_SAVED)
		return iolu_fail(vm, -EINVAL, "VM \"%s\" is not preserved", vm->name);
	iolu_close(&vm->session);
	vm->state = IOLU_LIVE;
	if (still_preserved(vm))
		return iolu_fail(vm, -EBUSY, "another process has the session of VM \"%s\" open: "
				 "the files stay preserved until it closes the session", vm->name);
	return 0;
}
