// SPDX-License-Identifier: GPL-2.0-only
/*
 * The next kernel: the session is retrieved, each entry of QEMU's table gets a new descriptor,
 * interrupts are armed, page tables adopted, and QEMU is executed. Each step can be repeated by
 * another process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/liveupdate.h>

#include "cpr.h"

/* -- the command line -- */

static int read_words(struct iolu_vm *vm, const char *name, char ***words)
{
	const void *bytes;
	size_t size;
	int rc = cpr_check(vm, iolu_vm_blob(vm, name, &bytes, &size));

	return rc ? rc : cpr_unpack(bytes, size, words);
}

static bool can_execute(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool is_in_path(const char *name)
{
	const char *dir = getenv("PATH") ?: "/bin:/usr/bin";
	char path[4096];
	size_t n;

	for (; dir; dir = dir[n] ? dir + n + 1 : NULL) {
		n = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s%s%s", (int)n, dir, n ? "/" : "", name);
		if (can_execute(path))
			return true;
	}
	return false;
}

/* As execvp() looks for it; better known before anything is restored */
static int check_program(const char *name)
{
	if (strchr(name, '/') ? can_execute(name) : is_in_path(name))
		return 0;
	return cpr_fail(-ENOENT, "there is no program \"%s\": nothing was restored", name);
}

/* A command line that differs may be meant, or be why QEMU refuses the VM. */
static void compare(char *const *now, char **saved)
{
	char *difference = cpr_difference(now, saved);

	if (difference)
		cpr_log("the command line has %s, which was saved", difference);
	free(difference);
	free(saved);
}

/* The command line of this call, otherwise the saved one with its environment */
static int choose_command(struct iolu_vm *vm, struct cpr_call *call)
{
	char **saved, **variables, **merged;
	int rc = read_words(vm, "argv", &saved);

	if (rc)
		return rc;
	if (call->qemu) {
		compare(call->qemu, saved);
		return 0;
	}
	rc = read_words(vm, "env", &variables);
	if (rc)
		return rc;
	merged = cpr_environment(variables, environ);
	if (!merged)
		return cpr_fail(-ENOMEM, "no memory for the environment");
	environ = merged;
	call->qemu = saved;
	return check_program(saved[0]);
}

/* -- descriptors, interrupts and ids -- */

/* A descriptor that stays open in QEMU */
static int keep(int fd)
{
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD, 3);

	return copy < 0 ? cpr_fail(-EBADF, "a descriptor cannot be kept: %s", strerror(errno)) :
			  copy;
}

static int open_fd(struct iolu_vm *vm, const struct cpr *cpr, const struct cpr_fd *fd)
{
	char name[32];

	switch (fd->kind) {
	case CPR_MEMORY:
		cpr_memory_name(cpr, fd, name, sizeof(name));
		return keep(iolu_vm_memfd(vm, name));
	case CPR_EVENT:
		return eventfd(0, EFD_NONBLOCK);
	case CPR_IOMMUFD:
		return keep(iolu_vm_iommufd(vm));
	case CPR_DEVICE:
		return keep(iolu_vm_device_fd(vm, fd->name));
	default:
		return cpr_fail(-EBADMSG, "the journal names a descriptor of an unknown kind");
	}
}

static int open_all(struct iolu_vm *vm, struct cpr *cpr)
{
	uint32_t i;

	for (i = 0; i < cpr->nfds; i++) {
		cpr->fds[i].fd = open_fd(vm, cpr, &cpr->fds[i]);
		if (cpr->fds[i].fd < 0)
			return cpr->fds[i].fd;
	}
	return 0;
}

static int read_table(struct iolu_vm *vm, struct cpr *cpr)
{
	const void *bytes;
	size_t size;
	uint32_t i;
	int rc = cpr_check(vm, iolu_vm_blob(vm, "table", &bytes, &size));

	if (!rc)
		rc = cpr_parse(cpr, bytes, size);
	for (i = 0; !rc && i < cpr->nfds; i++)
		cpr->fds[i].kind = cpr->fds[i].fd;
	return rc;
}

static int arm_all(struct iolu_vm *vm, struct cpr *cpr)
{
	const void *type;
	size_t size;
	uint32_t i;
	int rc = 0;

	for (i = 0; !rc && i < cpr->ndevices; i++) {
		const struct cpr_device *device = &cpr->devices[i];

		rc = cpr_check(vm, iolu_vm_blob(vm, device->name, &type, &size));
		if (!rc && size != sizeof(uint32_t))
			rc = cpr_fail(-EBADMSG, "the journal has no interrupt type of device %s",
				      device->name);
		if (!rc)
			rc = cpr_arm(cpr, device, iolu_vm_device_fd(vm, device->name),
				     *(const uint32_t *)type);
	}
	return rc;
}

/* The ids that the objects have in this kernel */
static int set_ids(struct iolu_vm *vm, struct cpr *cpr)
{
	char name[32];
	uint32_t i;

	for (i = 0; i < cpr->ndevices; i++) {
		struct cpr_device *device = &cpr->devices[i];
		int id = iolu_vm_device_id(vm, device->name), ioas, hwpt;

		snprintf(name, sizeof(name), "ioas.%u", device->ioas);
		ioas = iolu_vm_ioas_id(vm, name);
		snprintf(name, sizeof(name), "hwpt.%u", device->hwpt);
		hwpt = iolu_vm_hwpt_id(vm, name);
		if (id < 0 || ioas < 0 || hwpt < 0)
			return cpr_fail(-ENOENT, "device %s is not restored", device->name);
		device->id = id;
		device->ioas = ioas;
		device->hwpt = hwpt;
	}
	return 0;
}

/* -- the state of the machine -- */

struct machine {
	const void *bytes;
	size_t size;
	int fd;			/* a memfd with it */
	bool ran;		/* until QEMU stopped it */
	uint64_t stopped;	/* when that was */
};

static int read_machine(struct iolu_vm *vm, struct machine *machine)
{
	const void *stopped;
	size_t size;
	int rc = cpr_check(vm, iolu_vm_blob(vm, "stream", &machine->bytes, &machine->size));

	if (!rc)
		rc = cpr_check(vm, iolu_vm_blob(vm, "stopped", &stopped, &size));
	if (rc)
		return rc;
	if (size != sizeof(machine->stopped))
		return cpr_fail(-EBADMSG, "the journal has no time at which QEMU stopped");
	memcpy(&machine->stopped, stopped, size);
	machine->ran = cpr_was_running(machine->bytes, machine->size);
	return 0;
}

/* The memfds that QEMU reads stay open in it. */
static int hand_over(const struct cpr *cpr, struct machine *machine)
{
	char number[16];
	uint8_t *bytes;
	size_t n;
	int fd, rc = cpr_write(cpr, &bytes, &n);

	if (rc)
		return rc;
	fd = cpr_memfd_with("cpr-state", bytes, n);
	free(bytes);
	machine->fd = cpr_memfd_with("stream", machine->bytes, machine->size);
	if (fd < 0 || machine->fd < 0)
		return -EIO;
	fcntl(fd, F_SETFD, 0);
	fcntl(machine->fd, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", fd);
	return setenv(CPR_ENV, number, 1) ? -ENOMEM : 0;
}

/* -- all of it -- */

static int restore(struct iolu_vm *vm, struct cpr *cpr, struct cpr_call *call,
		   struct machine *machine)
{
	int rc = choose_command(vm, call);

	if (!rc)
		rc = read_table(vm, cpr);

	if (!rc)
		rc = open_all(vm, cpr);
	if (!rc)
		rc = arm_all(vm, cpr);
	if (!rc)
		rc = cpr_check(vm, iolu_vm_adopt(vm));
	if (!rc)
		rc = set_ids(vm, cpr);
	if (!rc)
		rc = read_machine(vm, machine);
	return rc ? rc : hand_over(cpr, machine);
}

/*
 * Has this session no files any more? Its VM ran, and the process beside QEMU was killed before it
 * took the session out of the store. One that was never sealed cannot be finished, unless it has
 * memory only, of which nothing is known.
 */
static bool is_finished(struct iolu_vm *vm)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return !ioctl(iolu_vm_session_fd(vm), LIVEUPDATE_SESSION_FINISH, &arg);
}

/* A stored session that is not of an update is one of a save whose process has died. */
static int retrieve(struct iolu_vm *vm, const char *name)
{
	int session = cpr_stored_session(), rc;

	if (session < 0)
		return cpr_has_store() ? -ENOENT : iolu_vm_retrieve(vm);
	rc = iolu_vm_set_session_fd(vm, session);
	close(session);
	if (!rc)
		rc = iolu_vm_retrieve(vm);
	if (rc == -ENODATA && is_finished(vm)) {
		cpr_log("session \"%s\" is finished: its VM has run since", name);
		rc = -ENOENT;
	}
	if (rc == -ENOENT)
		cpr_drop_session();
	return rc;
}

/* Without a session */
static int start_as_usual(const struct cpr_call *call)
{
	if (!call->qemu)
		return cpr_fail(1, "there is no VM \"%s\" to restore, and no command of QEMU",
				call->name);
	execvp(call->qemu[0], call->qemu);
	return cpr_fail(1, "%s: %s", call->qemu[0], strerror(errno));
}

int cpr_restore(struct cpr_call *call)
{
	struct cpr *cpr = malloc(sizeof(*cpr));
	struct machine machine;
	char incoming[64];
	struct iolu_vm *vm;
	int rc;

	if (!cpr || iolu_vm_new(call->name, &vm))
		return !!cpr_fail(-EINVAL, "\"%s\" is not a name", call->name);
	if (call->qemu && check_program(call->qemu[0]))
		return 1;
	rc = retrieve(vm, call->name);
	if (rc == -ENOENT)
		return start_as_usual(call);
	rc = cpr_check(vm, rc);
	if (!rc)
		rc = restore(vm, cpr, call, &machine);
	if (rc)
		return 1;
	cpr_say("restored");
	call->stopped = machine.stopped;
	snprintf(incoming, sizeof(incoming), "file:/proc/self/fd/%d", machine.fd);
	return !!cpr_start(call, incoming, vm, NULL, machine.ran);
}
