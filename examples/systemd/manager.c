// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A service's protocol with systemd, without a library. Descriptors are passed as numbers from 3
 * on, with their names in the environment. States and descriptors for the store are sent as
 * datagrams to the socket that the environment names.
 *
 * A descriptor in systemd's store outlives the process and, with
 * FileDescriptorStorePreserve=yes, the unit and the kernel. The order of descriptors is not
 * defined; names distinguish them, so the store has one descriptor of each name.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "manager.h"

#define FIRST_FD	3

int manager_fd(const char *name)
{
	const char *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
	size_t n = strlen(name);
	int fd = FIRST_FD;

	if (!pid || atoi(pid) != getpid() || !names)
		return -ENOENT;
	for (;; names++, fd++) {
		size_t length = strcspn(names, ":");

		if (length == n && !strncmp(names, name, n))
			break;
		names += length;
		if (!*names)
			return -ENOENT;
	}
	return fcntl(fd, F_SETFD, FD_CLOEXEC) ? -errno : fd;
}

/* -- descriptors over sockets -- */

union passing {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int send_with(int to, const void *bytes, size_t n, int fd)
{
	struct iovec iov = { (void *)bytes, n };
	union passing passing = { .room = "" };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = passing.room;
		msg.msg_controllen = sizeof(passing.room);
		c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(to, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int manager_send_fd(int to, int fd)
{
	return send_with(to, "", 1, fd);
}

static int receive_fd(int from)
{
	union passing passing;
	struct iovec iov = { &(char){ 0 }, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = passing.room, .msg_controllen = sizeof(passing.room),
	};
	struct cmsghdr *c;
	int fd;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* A name that begins with @ is an abstract socket, without a file. */
static int connect_to(const char *path, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int rc, fd;

	if (n >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, n);
	if (*path == '@')
		at.sun_path[0] = '\0';
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&at, offsetof(struct sockaddr_un, sun_path) + n))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* -- notification -- */

int manager_tell(const char *state, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int rc, to = path ? connect_to(path, SOCK_DGRAM) : -ENOENT;

	if (to < 0)
		return to;
	rc = send_with(to, state, strlen(state), fd);
	close(to);
	return rc;
}

int manager_reloading(void)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 now.tv_sec * 1000000ll + now.tv_nsec / 1000);
	return manager_tell(text, -1);
}

static int replace(const char *name, int fd)
{
	char text[128];
	int rc;

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%.63s", name);
	rc = manager_tell(text, -1);
	if (rc)
		return rc;
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%.63s", name);
	return manager_tell(text, fd);
}

int manager_renew(const char *name, const char *path)
{
	int rc, fd, from = connect_to(path, SOCK_STREAM);

	if (from < 0)
		return from;
	fd = receive_fd(from);
	close(from);
	rc = fd < 0 ? fd : replace(name, fd);
	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}
