// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of a NIC whose guest sends: numbered frames are counted as they leave the
 * emulator, in the socket through which the sender's frames come.
 */
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "core/util.h"
#include "receiver.h"

#define LOOK_MS	50

static void take_all(struct receiver *r)
{
	_Alignas(8) char buf[2048];
	ssize_t n;

	while ((n = recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		if (frame_check(buf, n) != FRAME_NOT_OURS)
			frame_count(&r->counts, (const struct frame *)buf, n);
}

static void *receiver_loop(void *arg)
{
	struct receiver *r = arg;
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	while (!atomic_load(&r->stop)) {
		if (poll(&p, 1, LOOK_MS) > 0)
			take_all(r);
		if (p.revents & (POLLHUP | POLLERR))
			break;
	}
	take_all(r);
	return NULL;
}

void receiver_start(struct receiver *r, int fd)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	atomic_store(&r->stop, false);
	if (pthread_create(&r->thread, NULL, receiver_loop, r))
		die("cannot start a receiver thread");
}

void receiver_end(struct receiver *r)
{
	atomic_store(&r->stop, true);
	pthread_join(r->thread, NULL);
}
