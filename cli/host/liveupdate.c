// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls and ioctls of a live update, one function for each.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/liveupdate.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/liveupdate.h"

#ifndef KEXEC_FILE_NO_INITRAMFS
#define KEXEC_FILE_NO_INITRAMFS	0x00000004
#endif

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

int luo_open(void)
{
	int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int luo_retrieve(int device, const char *name)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int rc;

	if (strlen(name) >= sizeof(arg.name))
		return -ENAMETOOLONG;
	memcpy(arg.name, name, strlen(name));
	rc = call(device, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);
	return rc ? rc : arg.fd;
}

int luo_create(int device, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int rc;

	if (strlen(name) >= sizeof(arg.name))
		return -ENAMETOOLONG;
	memcpy(arg.name, name, strlen(name));
	rc = call(device, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg);
	return rc ? rc : arg.fd;
}

/* Both structs are the same */
static int call_by_name(int device, unsigned long request, const char *name)
{
	struct liveupdate_ioctl_unpreserve_session arg = { .size = sizeof(arg) };

	_Static_assert(sizeof(arg) == sizeof(struct liveupdate_ioctl_check_session),
		       "a size and a name");
	if (strlen(name) >= sizeof(arg.name))
		return -ENAMETOOLONG;
	memcpy(arg.name, name, strlen(name));
	return call(device, request, &arg);
}

int luo_unpreserve(int device, const char *name)
{
	return call_by_name(device, LIVEUPDATE_IOCTL_UNPRESERVE_SESSION, name);
}

int luo_check(int device, const char *name)
{
	return call_by_name(device, LIVEUPDATE_IOCTL_CHECK_SESSION, name);
}

int luo_preserve_fd(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg), .fd = fd, .token = token,
	};

	return call(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

int luo_retrieve_fd(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = { .size = sizeof(arg), .token = token };
	int rc = call(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg);

	return rc ? rc : arg.fd;
}

int luo_finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return call(session, LIVEUPDATE_SESSION_FINISH, &arg);
}

int luo_discard(int session)
{
	struct liveupdate_session_discard arg = { .size = sizeof(arg) };

	return call(session, LIVEUPDATE_SESSION_DISCARD, &arg);
}

int luo_session_name(int session, char *out, size_t room)
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };
	int rc = call(session, LIVEUPDATE_SESSION_GET_NAME, &arg);

	if (!rc)
		snprintf(out, room, "%.*s", (int)sizeof(arg.name), arg.name);
	return rc;
}

/*
 * No file can be retrieved from an outgoing session: EINVAL, at once, even if another call on
 * the session does not return. An incoming session has no file with this token.
 */
int luo_session_direction(int session)
{
	switch (luo_retrieve_fd(session, ~0ull)) {
	case -EINVAL:
		return LUO_OUTGOING;
	case -ENOENT:
		return LUO_INCOMING;
	}
	return -EIO;
}

int luo_query(int iommufd, unsigned int index, struct iommu_liveupdate_query *query)
{
	*query = (struct iommu_liveupdate_query){ .size = sizeof(*query), .index = index };
	return call(iommufd, IOMMU_LIVEUPDATE_QUERY, query);
}

const char *luo_state_name(unsigned int state)
{
	static const char *const names[] = {
		[IOMMU_LIVEUPDATE_MARKED] = "marked",
		[IOMMU_LIVEUPDATE_PRESERVED] = "preserved",
		[IOMMU_LIVEUPDATE_INCOMING] = "incoming",
		[IOMMU_LIVEUPDATE_ADOPTED] = "adopted",
		[IOMMU_LIVEUPDATE_ISOLATED] = "isolated",
		[IOMMU_LIVEUPDATE_RESTORED] = "restored",
	};

	return state && state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

int luo_load(int kernel, int initrd, const char *cmdline)
{
	unsigned long flags = initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0;

	return syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline,
		       flags) ? -errno : 0;
}

int luo_kexec(void)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC,
		NULL);
	return -errno;
}
