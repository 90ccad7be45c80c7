// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The previous kernel: check, preserve, seal, and undo.
 *
 * The journal is preserved last, so that blobs can be set until then. A check is a preserve in a
 * session of its own that is closed at once: only the kernel knows all its rules.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt journal_attempt = {
	"preserved", "journal of VM", (const enum iolu_refusal[]){
		REFUSED_FILE_TOKEN, REFUSED_FILE_INCOMING, REFUSED_NONE
	},
};

/* Is an HWPT of the VM still preserved in a session? */
static bool still_preserved(const struct iolu_vm *vm)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q) };

	for (; vm->iommufd >= 0 && !ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, &q); q.index++)
		if (q.out_state == IOMMU_LIVEUPDATE_PRESERVED)
			return true;
	return false;
}

/* The library's descriptor of the session is closed, and there is another one. */
static int fail_open(struct iolu_vm *vm, int rc, const char *reason)
{
	return iolu_fail(vm, rc, "%.300s%sVM \"%s\" stays preserved until its session is closed: close "
			 "your descriptor of the session; another process may have one, too", reason,
			 *reason ? "; " : "", vm->name);
}

/* A preserve has failed: undo it, and tell if that is not all. */
static int undo(struct iolu_vm *vm, int rc)
{
	char reason[sizeof(vm->reason)];

	iolu_close(&vm->session);
	if (!still_preserved(vm))
		return rc;
	memcpy(reason, vm->reason, sizeof(reason));
	return fail_open(vm, rc, reason);
}

int iolu_vm_preserve(struct iolu_vm *vm)
{
	int rc = iolu_check_objects(vm);

	if (rc)
		return rc;
	if (!iolu_session_use_given(vm))
		rc = iolu_session_create(vm, vm->name);
	if (!rc)
		rc = iolu_put_objects(vm, false);
	if (rc)
		return undo(vm, rc);
	vm->state = IOLU_PRESERVED;
	return 0;
}

/* -- check -- */

/* Errors of creating a session that say nothing about the VM */
static bool cannot_try(int rc)
{
	return rc == -EACCES || rc == -EPERM || rc == -EBUSY || rc == -EEXIST || rc == -ENODEV;
}

static int try_in_session(struct iolu_vm *vm)
{
	char name[IOLU_NAME];
	int rc;

	snprintf(name, sizeof(name), "%.56s.check", vm->name);
	rc = iolu_session_create(vm, name);
	if (rc && !cannot_try(rc))
		return rc;
	if (rc) {
		rc = iolu_check_mapped(vm);
		return rc ? rc : 1;
	}
	rc = iolu_put_objects(vm, true);
	iolu_close(&vm->session);
	return rc;
}

/* Does the kernel know live update of an iommufd? There is no token with this index. */
static int check_kernel(struct iolu_vm *vm)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q), .index = ~0u };
	int fd = vm->iommufd >= 0 ? vm->iommufd : vm->given_iommufd, rc;
	bool opened = fd < 0;

	if (opened)
		fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? iolu_fail(vm, -ENOTTY, "this kernel has no /dev/iommu") : 1;
	rc = ioctl(fd, IOMMU_LIVEUPDATE_QUERY, &q) ? errno : 0;
	if (opened)
		close(fd);
	if (rc != ENOTTY)
		return 0;
	return iolu_fail(vm, -ENOTTY, "this kernel does not support live update of IOMMU state");
}

int iolu_vm_check(struct iolu_vm *vm)
{
	int rc = iolu_check_objects(vm), kernel;

	if (rc)
		return rc;
	kernel = check_kernel(vm);
	if (kernel < 0)
		return kernel;
	rc = try_in_session(vm);
	return rc ? rc : kernel;
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
		rc = iolu_put(vm, fd, IOLU_TOKEN_JOURNAL, &journal_attempt, vm->name);
	iolu_close(&fd);
	if (!rc)
		vm->state = IOLU_SAVED;
	return rc;
}

int iolu_vm_save(struct iolu_vm *vm)
{
	int rc = iolu_vm_preserve(vm);

	if (rc)
		return rc;
	rc = iolu_vm_seal(vm);
	if (!rc)
		return 0;
	vm->state = IOLU_LIVE;
	return undo(vm, rc);
}

/* -- undo -- */

int iolu_vm_unsave(struct iolu_vm *vm)
{
	bool preserved = vm->state == IOLU_PRESERVED || vm->state == IOLU_SAVED;
	int rc;

	if (!preserved && (vm->state != IOLU_LIVE || !still_preserved(vm)))
		return iolu_fail(vm, -EINVAL, "VM \"%s\" is not preserved", vm->name);
	iolu_close(&vm->session);
	vm->state = IOLU_LIVE;
	rc = iolu_unmask_devices(vm);
	if (rc)
		return rc;
	return still_preserved(vm) ? fail_open(vm, -EBUSY, "") : 0;
}
