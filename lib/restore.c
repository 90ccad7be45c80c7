// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The next kernel: retrieve, rearm, finish, or discard. Adopt and rebuild are in adopt.c.
 *
 * Each step skips the parts that are already done. So a step can be repeated after a failure, and
 * can continue the work of a process that died: LUO returns the same files again, a device reports
 * that it is bound, QUERY reports which HWPTs are adopted and their IOASes.
 *
 * A failure never closes the session: closing a session that has memfds only finishes it, and the
 * memory is lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt memfd_attempt = {
	"retrieved", "memfd", (const enum iolu_refusal[]){ REFUSED_RETRIEVE_CGROUP, REFUSED_NONE },
};

static const struct iolu_attempt iommufd_attempt = {
	"retrieved", "iommufd of VM", (const enum iolu_refusal[]){
		REFUSED_RETRIEVE_HANDLER, REFUSED_RECORD_MISSING, REFUSED_RECORD_TYPE,
		REFUSED_RECORD_VERSION, REFUSED_RECORD_DAMAGED, REFUSED_NONE
	},
};

static const struct iolu_attempt device_attempt = {
	"retrieved", "device", (const enum iolu_refusal[]){
		REFUSED_RETRIEVE_MISSING, REFUSED_RETRIEVE_ISOLATED, REFUSED_RETRIEVE_OTHER,
		REFUSED_RETRIEVE_DRIVER, REFUSED_RETRIEVE_HANDLER, REFUSED_RECORD_MISSING,
		REFUSED_RECORD_TYPE, REFUSED_RECORD_VERSION, REFUSED_RECORD_DAMAGED, REFUSED_NONE
	},
};

static const struct iolu_attempt discard_attempt = {
	"discarded", "session", (const enum iolu_refusal[]){
		REFUSED_RETRIEVE_HANDLER, REFUSED_NONE
	},
};

static bool has_objects(const struct iolu_vm *vm)
{
	unsigned int kind;

	for (kind = 0; kind < IOLU_KINDS; kind++)
		if (vm->objects[kind])
			return true;
	return vm->iommufd >= 0;
}

/* -- retrieve -- */

static int read_journal(struct iolu_vm *vm, int fd)
{
	struct stat st;
	void *bytes;
	int rc;

	if (fstat(fd, &st))
		return iolu_fail(vm, -errno, "the journal: %s", strerror(errno));
	if (!st.st_size)
		return iolu_fail(vm, -EBADMSG, "the journal is empty");
	bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return iolu_fail(vm, -errno, "the journal cannot be mapped: %s", strerror(errno));
	rc = iolu_journal_read(vm, bytes, st.st_size);
	munmap(bytes, st.st_size);
	vm->journal_read = !rc;
	return rc;
}

static int retrieve_journal(struct iolu_vm *vm)
{
	int fd, rc;

	if (vm->journal_read)
		return 0;
	iolu_step(vm, "read journal", vm->name);
	fd = iolu_session_retrieve_fd(vm->session, IOLU_TOKEN_JOURNAL);
	if (fd == -EINVAL && vm->state == IOLU_LIVE) {
		iolu_session_set_aside(vm);
		return iolu_fail(vm, -ENOENT, "the given session is a new one and has nothing to "
				 "restore");
	}
	vm->state = IOLU_INCOMING;
	if (fd == -ENOENT)
		return iolu_fail(vm, -ENODATA, "session \"%s\" has no journal: it was not saved by "
				 "libiolu, or not sealed", vm->name);
	if (fd < 0)
		return iolu_fail(vm, fd, "the journal cannot be retrieved: %s", strerror(-fd));
	rc = read_journal(vm, fd);
	close(fd);
	return rc;
}

static int retrieve_file(struct iolu_vm *vm, const char *step,
			 const struct iolu_attempt *attempt, const char *name, uint64_t token,
			 int *fd)
{
	if (*fd >= 0)
		return 0;
	iolu_step(vm, step, name);
	*fd = iolu_session_retrieve_fd(vm->session, token);
	return *fd < 0 ? iolu_refused(vm, attempt, name, *fd) : 0;
}

static int retrieve_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd)
{
	struct stat st;
	int rc = retrieve_file(vm, "retrieve memfd", &memfd_attempt, memfd->object.name,
			       memfd->object.token, &memfd->fd);

	if (rc)
		return rc;
	if (fstat(memfd->fd, &st) || (uint64_t)st.st_size != memfd->size)
		return iolu_fail(vm, -EBADMSG, "memfd \"%s\" does not have the 0x%llx bytes of its "
				 "journal record", memfd->object.name,
				 (unsigned long long)memfd->size);
	return 0;
}

static int retrieve_device(struct iolu_vm *vm, struct iolu_device *device)
{
	int rc = retrieve_file(vm, "retrieve device", &device_attempt, device->object.name,
			       device->object.token, &device->fd);

	if (rc)
		return rc;
	iolu_step(vm, "bind device", device->object.name);
	return iolu_bind(vm, device);
}

static int retrieve_objects(struct iolu_vm *vm)
{
	struct iolu_memfd *memfd;
	struct iolu_device *device;
	int rc = 0;

	iolu_for_each(vm, IOLU_MEMFD, memfd)
		if ((rc = retrieve_memfd(vm, memfd)))
			return rc;
	if (vm->objects[IOLU_HWPT])
		rc = retrieve_file(vm, "retrieve iommufd", &iommufd_attempt, vm->name,
				   IOLU_TOKEN_IOMMUFD, &vm->iommufd);
	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = retrieve_device(vm, device)))
			return rc;
	return 0;
}

static int retrieve(struct iolu_vm *vm)
{
	int rc = 0;

	if (vm->state != IOLU_INCOMING && (vm->state != IOLU_LIVE || has_objects(vm)))
		return iolu_fail(vm, -EBUSY, "VM \"%s\" already has objects: restore needs a new "
				 "handle", vm->name);
	if (vm->session < 0 && !iolu_session_use_given(vm)) {
		iolu_step(vm, "retrieve session", vm->name);
		rc = iolu_session_retrieve(vm);
		if (!rc)
			vm->state = IOLU_INCOMING;
	}
	if (!rc)
		rc = retrieve_journal(vm);
	return rc ? rc : retrieve_objects(vm);
}

/* -ENOENT tells the VMM to build a new VM. When there is something to restore it is -ENODEV. */
int iolu_something_to_restore(const struct iolu_vm *vm, int rc)
{
	return rc == -ENOENT && vm->state == IOLU_INCOMING ? -ENODEV : rc;
}

int iolu_vm_retrieve(struct iolu_vm *vm)
{
	return iolu_something_to_restore(vm, retrieve(vm));
}

int iolu_need_incoming(struct iolu_vm *vm)
{
	if (vm->state == IOLU_INCOMING && vm->journal_read)
		return 0;
	return iolu_fail(vm, -EINVAL, "VM \"%s\" is not retrieved", vm->name);
}

int iolu_vm_rearm(struct iolu_vm *vm)
{
	struct iolu_device *device;
	int rc = iolu_need_incoming(vm);

	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_DEVICE, device) {
		iolu_step(vm, "arm interrupts", device->object.name);
		rc = iolu_rearm_device(vm, device);
		if (rc)
			return iolu_something_to_restore(vm, rc);
	}
	return 0;
}

/* -- all three steps, see adopt.c -- */

int iolu_vm_restore(struct iolu_vm *vm)
{
	int rc = iolu_vm_retrieve(vm);

	if (!rc)
		rc = iolu_vm_rearm(vm);
	return rc ? rc : iolu_vm_adopt(vm);
}

/* -- finish and discard -- */

static int check_finished(struct iolu_vm *vm)
{
	const struct iolu_ioas *ioas;
	const struct iolu_hwpt *hwpt;
	const struct iolu_device *device;
	int rc = iolu_need_incoming(vm);

	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if (!hwpt->object.id)
			return iolu_fail(vm, -EBUSY, "HWPT \"%s\" is not adopted",
					 hwpt->object.name);
	iolu_for_each(vm, IOLU_DEVICE, device)
		if (!device->attached)
			return iolu_fail(vm, -EBUSY, "device %s is not attached",
					 device->object.name);
	iolu_for_each(vm, IOLU_IOAS, ioas)
		if (!ioas->object.id)
			return iolu_fail(vm, -EBUSY, "IOAS \"%s\" is not rebuilt",
					 ioas->object.name);
	return 0;
}

int iolu_vm_finish(struct iolu_vm *vm)
{
	int rc = check_finished(vm);

	if (rc)
		return rc;
	iolu_step(vm, "finish session", vm->name);
	rc = iolu_session_finish(vm->session);
	if (rc)
		return iolu_fail(vm, rc, "session \"%s\" cannot be finished: %s", vm->name,
				 strerror(-rc));
	iolu_close(&vm->session);
	iolu_drop_restored(vm);
	vm->state = IOLU_LIVE;
	return 0;
}

int iolu_vm_discard(struct iolu_vm *vm)
{
	bool given;
	int rc = 0;

	if (vm->state != IOLU_INCOMING && (vm->state != IOLU_LIVE || has_objects(vm)))
		return iolu_fail(vm, -EBUSY, "VM \"%s\" is not part of an unfinished update", vm->name);
	iolu_step(vm, "discard session", vm->name);
	given = vm->session < 0 && iolu_session_use_given(vm);
	if (vm->session < 0)
		rc = iolu_session_retrieve(vm);
	if (rc)
		return rc;
	rc = iolu_session_discard(vm->session);
	if (rc) {
		if (given)
			iolu_session_set_aside(vm);
		if (rc == -EINVAL)
			return iolu_fail(vm, rc, "session \"%s\" cannot be discarded: it is a new one",
					 vm->name);
		return iolu_refused(vm, &discard_attempt, vm->name, rc);
	}
	iolu_close(&vm->session);
	iolu_drop_all(vm);
	vm->state = IOLU_LIVE;
	return 0;
}
