// SPDX-License-Identifier: GPL-2.0
/*
 * The live part of a run: one loop that reads the verdict channel and the console and waits
 * for the emulator to end, with a time limit.
 *
 * The emulator is only ever killed by its process ID: when the time is up, or when the kernel
 * under test has reported `end` and does not power off. If the emulator dies by a signal or
 * with an error before `end` and was not killed here, the run says nothing about the kernel
 * under test; it counts as a failure of the infrastructure.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "console.h"
#include "device.h"
#include "machine.h"
#include "platform.h"
#include "print/story.h"
#include "qemu.h"

#define POWER_OFF_GRACE	(10 * NSEC)

/* Bytes of a pipe, split into lines. */
struct lines {
	int fd;
	size_t n;
	char buf[4096];
};

struct machine {
	const struct run *run;
	struct live *live;
	struct qemu qemu;
	struct console console;
	struct lines channel;
	struct lines serial;
	bool killed;
};

static void on_channel(struct machine *m, char *line, int64_t t)
{
	channel_line(m->run, m->live, line, t);
}

static void on_serial(struct machine *m, char *line, int64_t t)
{
	console_line(&m->console, line, t);
}

/* Read the available bytes; false at the end of the pipe. */
static bool lines_read(struct machine *m, struct lines *l,
		       void (*each)(struct machine *m, char *line, int64_t t))
{
	ssize_t got = read(l->fd, l->buf + l->n, sizeof(l->buf) - 1 - l->n);
	char *start = l->buf, *end;
	int64_t t = now_ns();

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	l->n += got;
	l->buf[l->n] = 0;
	for (; (end = memchr(start, '\n', l->buf + l->n - start)); start = end + 1) {
		*end = 0;
		if (end > start && end[-1] == '\r')
			end[-1] = 0;
		each(m, start, t);
	}
	l->n -= start - l->buf;
	memmove(l->buf, start, l->n);
	if (l->n == sizeof(l->buf) - 1)
		l->n = 0;
	return true;
}

static void kill_qemu(struct machine *m)
{
	if (m->killed)
		return;
	if (!m->live->ended)
		pulse_dump_registers(&m->live->pulse, text("%s/registers.log", m->run->out));
	kill(m->qemu.pid, SIGKILL);
	m->killed = true;
}

static int64_t deadline(const struct run *r)
{
	if (r->opt->shell)
		return INT64_MAX;
	return r->live->ended ? r->live->end + POWER_OFF_GRACE :
				r->live->start + r->needs->timeout * NSEC;
}

static int wait_ms(const struct run *r)
{
	int64_t left = deadline(r) - now_ns();

	if (r->opt->shell)
		return -1;
	return left < 0 ? 0 : left / MSEC + 1;
}

/* Until the emulator is gone and its pipes are drained */
static void serve(struct machine *m)
{
	struct pollfd p[] = {
		{ .fd = m->channel.fd, .events = POLLIN },
		{ .fd = m->serial.fd, .events = POLLIN },
		{ .fd = m->qemu.pidfd, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, 3, wait_ms(m->run)) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (p[0].revents && !lines_read(m, &m->channel, on_channel))
			p[0].fd = -1;
		if (p[1].revents && !lines_read(m, &m->serial, on_serial))
			p[1].fd = -1;
		if (p[2].revents && p[0].fd < 0 && p[1].fd < 0)
			return;
		if (p[2].revents)
			p[2].fd = -1;
		if (p[0].fd < 0 && p[1].fd < 0 && p[2].fd < 0)
			return;
		if (now_ns() > deadline(m->run))
			kill_qemu(m);
	}
}

static enum run_end how_it_ended(const struct machine *m)
{
	int status = m->live->qemu_status;

	if (m->live->ended)
		return RUN_ENDED;
	if (m->killed)
		return RUN_TIMEOUT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? RUN_DIED : RUN_INFRASTRUCTURE;
}

static const struct device_kind *kind(const struct run *r, int i)
{
	return device_kind(r->needs->device[i].model);
}

static void open_device(const struct run *r, struct live *l, int i)
{
	const struct device_model *model = device_model(r->needs->device[i].model);

	if (model && model->in_physical) {
		sender_share(&l->sender[i], i, &l->sender[needs_first(r->needs, i)]);
		return;
	}
	sender_open(&l->sender[i], i, r->needs->device[i].role == ROLE_HOSTILE ?
		    &r->platform->message : NULL);
	if (kind(r, i)->outside)
		vhost_open(&l->vhost[i], &l->sender[i]);
	if (kind(r, i)->drive)
		drive_open(&l->drive[i], &l->sender[i]);
}

static void close_device(const struct run *r, struct live *l, int i)
{
	if (kind(r, i)->outside)
		vhost_close(&l->vhost[i]);
	if (kind(r, i)->drive)
		drive_close(&l->drive[i]);
}

void machine_run(const struct run *r, struct live *l, const char *kernel, const char *initrd)
{
	struct machine m = { .run = r, .live = l };
	int i;

	for (i = 0; i < r->needs->ndevices; i++)
		open_device(r, l, i);
	if (r->needs->pasids)
		vfio_user_open(&l->pasids, text("%s/pasids", r->out));
	pulse_open(&l->pulse);
	clock_start(l);
	console_open(&m.console, r, l);
	qemu_start(&m.qemu, r, kernel, initrd);
	story_line(r, "the machine starts (emulator process %d)", (int)m.qemu.pid);
	pulse_start(&l->pulse);
	if (r->needs->guest_sends)
		receiver_start(&l->receiver, l->sender[0].fd);
	m.channel.fd = m.qemu.channel;
	m.serial.fd = m.qemu.serial;
	serve(&m);
	for (i = 0; i < r->needs->ndevices; i++)
		sender_end(&l->sender[i]);
	if (r->needs->guest_sends)
		receiver_end(&l->receiver);
	l->qemu_status = qemu_wait(&m.qemu);
	for (i = 0; i < r->needs->ndevices; i++)
		close_device(r, l, i);
	if (r->needs->pasids)
		vfio_user_close(&l->pasids);
	pulse_stop(&l->pulse);
	if (!l->ended)
		l->end = now_ns();
	console_close(&m.console);
	l->how = how_it_ended(&m);
	clock_fit(l);
}
