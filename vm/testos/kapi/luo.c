// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions of the live update orchestrator: named containers of file descriptors.
 *
 * /dev/liveupdate can be opened once at a time, so it is opened at the first use and kept.
 * A session lives as long as its descriptor: closing it in the previous kernel undoes the
 * preservation, closing it in the next kernel finishes it.
 *
 * All functions return a descriptor or 0, or -errno; luo_create() and luo_retrieve() bail
 * out instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/liveupdate.h>

#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"

static int device = -1;

int luo_device(void)
{
	if (device < 0)
		device = must_open("/dev/liveupdate", O_RDWR);
	return device;
}

void luo_let_go(void)
{
	if (device >= 0)
		close(device);
	device = -1;
}

bool luo_present(void)
{
	return !access("/dev/liveupdate", F_OK);
}

int luo_try_create(const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int rc;

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	rc = try_ioctl(luo_device(), LIVEUPDATE_IOCTL_CREATE_SESSION, &arg);
	return rc < 0 ? rc : arg.fd;
}

int luo_create(const char *name)
{
	int fd = luo_try_create(name);

	if (fd < 0)
		bail_out("create session %s: %s", name, strerror(-fd));
	return fd;
}

int luo_unpreserve(const char *name)
{
	struct liveupdate_ioctl_unpreserve_session arg = { .size = sizeof(arg) };

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	return try_ioctl(luo_device(), LIVEUPDATE_IOCTL_UNPRESERVE_SESSION, &arg);
}

int luo_check(const char *name)
{
	struct liveupdate_ioctl_check_session arg = { .size = sizeof(arg) };

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	return try_ioctl(luo_device(), LIVEUPDATE_IOCTL_CHECK_SESSION, &arg);
}

int luo_try_retrieve(const char *name)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int rc;

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	rc = try_ioctl(luo_device(), LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);
	return rc < 0 ? rc : arg.fd;
}

int luo_retrieve(const char *name)
{
	int fd = luo_try_retrieve(name);

	if (fd < 0)
		bail_out("retrieve session %s: %s", name, strerror(-fd));
	return fd;
}

int luo_preserve_fd(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg), .fd = fd, .token = token,
	};

	return try_ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

int luo_retrieve_fd(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = { .size = sizeof(arg), .token = token };
	int rc = try_ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg);

	return rc < 0 ? rc : arg.fd;
}

int luo_finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return try_ioctl(session, LIVEUPDATE_SESSION_FINISH, &arg);
}

int luo_discard(int session)
{
	struct liveupdate_session_discard arg = { .size = sizeof(arg) };

	return try_ioctl(session, LIVEUPDATE_SESSION_DISCARD, &arg);
}
