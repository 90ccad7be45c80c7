// SPDX-License-Identifier: GPL-2.0
/*
 * The sender: numbered frames into the emulated NIC, at a steady rate.
 *
 * A frame counts as sent when it is due, as on a wire without flow control. If the socket does
 * not take it (EAGAIN), that is counted as back-pressure and the frame and those after it are
 * retried in order. Each frame keeps the time of its first try: a delayed receiver shows as
 * latency, a receiver that never recovers shows as loss. After a stop the sender offers
 * nothing more and pushes the frames already offered, for DRAIN at most.
 *
 * The socket takes a few frames only (net.unix.max_dgram_qlen), so back-pressure alone says
 * little: the emulator was busy for some milliseconds. The latencies show the cost of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/util.h"
#include "frame.h"
#include "sender.h"

#define RETRY_NS	MSEC
#define DRAIN		(10 * NSEC)
#define ADDRESSES	14u		/* bytes of a frame before its data */

static void offer(struct sender *s, int64_t t)
{
	*array_add(s->tx, s->offered, s->cap) = t;
}

/* All words after the addresses */
static void fill_with_messages(char *buf, size_t n, uint32_t message)
{
	size_t i;

	memset(buf + ADDRESSES, 0, n - ADDRESSES);
	for (i = ADDRESSES + 2; i + sizeof(message) <= n; i += sizeof(message))
		memcpy(buf + i, &message, sizeof(message));
}

/* Push the frames that are due; false when the socket is full or gone. */
static bool push(struct sender *s)
{
	_Alignas(8) char buf[FRAME_LEN_MAX];
	int queued = 0;

	while (s->pushed < s->offered) {
		size_t n = frame_build(buf, s->device, s->pushed, s->tx[s->pushed], s->len);

		if (s->blank)
			fill_with_messages(buf, n, s->message);
		if (s->addressed)
			frame_address(buf, n);
		if (send(s->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno == EAGAIN || errno == ENOBUFS)
				s->back_pressure++;
			return false;
		}
		s->pushed++;
		if (!ioctl(s->fd, SIOCOUTQ, &queued) && (uint64_t)queued > s->max_queued)
			s->max_queued = queued;
	}
	return true;
}

static void sleep_until(int64_t t)
{
	struct timespec ts = { .tv_sec = t / NSEC, .tv_nsec = t % NSEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void drain(struct sender *s)
{
	int64_t end = now_ns() + DRAIN;

	while (!push(s) && !atomic_load(&s->over) && now_ns() < end)
		sleep_until(now_ns() + RETRY_NS);
}

static void *sender_loop(void *arg)
{
	struct sender *s = arg;
	int64_t period = NSEC / s->rate, due = now_ns(), now;
	bool flowing;

	prctl(PR_SET_TIMERSLACK, 1000UL);
	while (!atomic_load(&s->stop)) {
		for (now = now_ns(); due <= now; due += period)
			offer(s, now);
		flowing = push(s);
		sleep_until(flowing || due < now + RETRY_NS ? due : now + RETRY_NS);
	}
	sem_post(&s->silent);
	drain(s);
	return NULL;
}

void sender_open(struct sender *s, int device, const uint32_t *message)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd))
		die("cannot make a frame socket: %s", strerror(errno));
	memset(s, 0, sizeof(*s));
	s->fd = fd[0];
	s->qemu_fd = fd[1];
	s->device = device;
	s->blank = message;
	s->message = message ? *message : 0;
}

void sender_share(struct sender *s, int device, const struct sender *link)
{
	memset(s, 0, sizeof(*s));
	s->fd = fcntl(link->fd, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0)
		die("cannot share a frame socket: %s", strerror(errno));
	s->qemu_fd = -1;
	s->device = device;
	s->addressed = true;
}

static void join(struct sender *s)
{
	if (!s->joinable)
		return;
	atomic_store(&s->over, true);
	pthread_join(s->thread, NULL);
	s->joinable = false;
}

void sender_start(struct sender *s, unsigned int rate, unsigned int len)
{
	if (s->sending)
		return;
	join(s);
	s->rate = rate;
	s->len = frame_clamp_len(len);
	s->last_tx = 0;
	atomic_store(&s->stop, false);
	atomic_store(&s->over, false);
	if (sem_init(&s->silent, 0, 0) || pthread_create(&s->thread, NULL, sender_loop, s))
		die("cannot start a sender thread");
	s->sending = true;
	s->joinable = true;
}

void sender_stop(struct sender *s)
{
	if (!s->sending)
		return;
	atomic_store(&s->stop, true);
	while (sem_wait(&s->silent) && errno == EINTR)
		;
	s->sending = false;
	s->last_tx = now_ns();
}

void sender_end(struct sender *s)
{
	sender_stop(s);
	join(s);
}

void sender_close(struct sender *s)
{
	sender_end(s);
	close(s->fd);
	free(s->tx);
	s->tx = NULL;
}
