// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Sessions of the Live Update Orchestrator.
 *
 * Only one process at a time can open /dev/liveupdate. The library opens it for the duration of one
 * call, and retries for one second while another process has it open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/liveupdate.h>

#include "vm.h"

#define DEVICE	"/dev/liveupdate"
#define TRIES	50
#define WAIT	20000000	/* ns */

/* Does the kernel have the device, for which there may be no node in this /dev? */
static bool is_registered(void)
{
	char line[64];
	FILE *f = fopen("/proc/misc", "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " liveupdate\n");
	if (f)
		fclose(f);
	return found;
}

static int open_device(struct iolu_vm *vm, int *fd)
{
	const struct timespec wait = { .tv_nsec = WAIT };
	int i;

	if (vm->liveupdate >= 0)
		return iolu_dup(vm, vm->liveupdate, fd);
	for (i = 0; i < TRIES; i++) {
		*fd = open(DEVICE, O_RDWR | O_CLOEXEC);
		if (*fd >= 0)
			return 0;
		if (errno != EBUSY)
			break;
		nanosleep(&wait, NULL);
	}
	if (errno == EBUSY)
		return iolu_fail(vm, -EBUSY, DEVICE " is open in another process: get a session from "
				 "that process");
	if (errno == ENOENT && is_registered())
		return iolu_fail(vm, -ENODEV, "there is no " DEVICE ", but the kernel has the device: "
				 "create the node, or give a session to the library");
	if (errno == ENOENT)
		return iolu_fail(vm, -ENOENT, "there is no " DEVICE ": boot a kernel with "
				 "CONFIG_LIVEUPDATE and with kho=on liveupdate=on");
	return iolu_fail(vm, -errno, DEVICE " cannot be opened: %s", strerror(errno));
}

/* Use the given session for the update; false if there is none. */
bool iolu_session_use_given(struct iolu_vm *vm)
{
	if (vm->given_session < 0)
		return false;
	vm->session = vm->given_session;
	vm->given_session = -1;
	return true;
}

/* Undo iolu_session_use_given(). */
void iolu_session_set_aside(struct iolu_vm *vm)
{
	vm->given_session = vm->session;
	vm->session = -1;
}

int iolu_session_create(struct iolu_vm *vm, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int device, rc = open_device(vm, &device);

	if (rc)
		return rc;
	strcpy((char *)arg.name, name);
	rc = ioctl(device, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg) ? -errno : 0;
	close(device);
	if (rc == -EEXIST)
		return iolu_fail(vm, rc, "session \"%s\" already exists", name);
	if (rc)
		return iolu_fail(vm, rc, "session \"%s\" cannot be created: %s", name,
				 strerror(-rc));
	vm->session = arg.fd;
	return 0;
}

int iolu_session_retrieve(struct iolu_vm *vm)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int device, rc = open_device(vm, &device);

	if (rc)
		return rc;
	strcpy((char *)arg.name, vm->name);
	rc = ioctl(device, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg) ? -errno : 0;
	close(device);
	if (rc == -ENOENT)
		return iolu_fail(vm, rc, "there is no incoming session \"%s\"", vm->name);
	if (rc)
		return iolu_fail(vm, rc, "session \"%s\" cannot be retrieved: %s", vm->name,
				 strerror(-rc));
	vm->session = arg.fd;
	return 0;
}

int iolu_session_preserve_fd(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg), .fd = fd, .token = token,
	};

	return ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg) ? -errno : 0;
}

int iolu_session_retrieve_fd(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = { .size = sizeof(arg), .token = token };

	return ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg) ? -errno : arg.fd;
}

int iolu_session_finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return ioctl(session, LIVEUPDATE_SESSION_FINISH, &arg) ? -errno : 0;
}

int iolu_session_discard(int session)
{
	struct liveupdate_session_discard arg = { .size = sizeof(arg) };

	return ioctl(session, LIVEUPDATE_SESSION_DISCARD, &arg) ? -errno : 0;
}

int iolu_vm_set_liveupdate_fd(struct iolu_vm *vm, int fd)
{
	/* No session has an empty name: LUO answers -EINVAL or -ENOENT, other files -ENOTTY. */
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };

	if (!ioctl(fd, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg))
		close(arg.fd);
	else if (errno == ENOTTY || errno == EBADF)
		return iolu_fail(vm, -EINVAL, "descriptor %d is not " DEVICE, fd);
	iolu_close(&vm->liveupdate);
	return iolu_dup(vm, fd, &vm->liveupdate);
}

int iolu_vm_set_session_fd(struct iolu_vm *vm, int fd)
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };

	if (vm->state != IOLU_LIVE)
		return iolu_fail(vm, -EBUSY, "VM \"%s\" is already in a session", vm->name);
	if (ioctl(fd, LIVEUPDATE_SESSION_GET_NAME, &arg))
		return iolu_fail(vm, -EINVAL, "descriptor %d is not a live update session", fd);
	iolu_close(&vm->given_session);
	return iolu_dup(vm, fd, &vm->given_session);
}

int iolu_vm_session_fd(struct iolu_vm *vm)
{
	if (vm->session >= 0)
		return vm->session;
	if (vm->given_session >= 0)
		return vm->given_session;
	return iolu_fail(vm, -ENOENT, "VM \"%s\" has no session", vm->name);
}
