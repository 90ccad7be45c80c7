// SPDX-License-Identifier: GPL-2.0
/*
 * The live part of a run: one loop that reads the verdict channel and the console and waits
 * for the emulator, with a hard limit on the time.
 *
 * The emulator is only ever killed by its pid, when the time is up or when the guest has said
 * `end` and does not power off. If it dies by a signal or with an error before `end` and was
 * not killed here, that says nothing about the guest and is called infrastructure.
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
#include "machine.h"
#include "print/story.h"
#include "pulse.h"
#include "qemu.h"
#include "sender.h"

#define POWER_OFF_GRACE	(10 * NSEC)

/* Bytes of a pipe, handed on line by line. */
struct lines {
	int fd;
	size_t n;
	char buf[4096];
};

struct machine {
	struct run *run;
	struct qemu qemu;
	struct console console;
	struct lines channel;
	struct lines serial;
	bool killed;
};

static void on_channel(struct machine *m, char *line, int64_t t)
{
	channel_line(m->run, line, t);
}

static void on_serial(struct machine *m, char *line, int64_t t)
{
	console_line(&m->console, line, t);
}

/* Read what is there; false at the end of the pipe. */
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

static void end_senders(struct run *r)
{
	int i;

	for (i = 0; i < r->needs.nnics; i++)
		sender_end(&r->nic[i].sender);
}

static void kill_qemu(struct machine *m)
{
	if (m->killed)
		return;
	if (!m->run->ended)
		pulse_last_words(&m->run->pulse, text("%s/registers.log", m->run->opt->out));
	kill(m->qemu.pid, SIGKILL);
	m->killed = true;
}

static int64_t deadline(const struct run *r)
{
	if (r->opt->shell)
		return INT64_MAX;
	return r->ended ? r->t_end + POWER_OFF_GRACE : r->t0 + r->needs.timeout * NSEC;
}

static int wait_ms(const struct run *r)
{
	int64_t left = deadline(r) - now_ns();

	if (r->opt->shell)
		return -1;
	return left < 0 ? 0 : left / MSEC + 1;
}

/* Until the emulator is gone; its pipes are drained first. */
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
	const struct run *r = m->run;

	if (r->ended)
		return RUN_ENDED;
	if (m->killed)
		return RUN_TIMEOUT;
	return WIFEXITED(r->qemu_status) && !WEXITSTATUS(r->qemu_status) ? RUN_DIED :
									   RUN_INFRASTRUCTURE;
}

void machine_run(struct run *r, const char *kernel, const char *initrd)
{
	struct machine m = { .run = r };
	int i;

	for (i = 0; i < r->needs.nnics; i++)
		sender_open(&r->nic[i].sender, i, &r->nic[i].qemu_fd);
	pulse_open(&r->pulse);
	clock_start(r);
	console_open(&m.console, r);
	qemu_start(&m.qemu, r, kernel, initrd);
	story_line(r, "the machine starts (emulator process %d)", (int)m.qemu.pid);
	pulse_start(&r->pulse);
	m.channel.fd = m.qemu.channel;
	m.serial.fd = m.qemu.serial;
	serve(&m);
	end_senders(r);
	r->qemu_status = qemu_wait(&m.qemu);
	pulse_stop(&r->pulse);
	if (!r->ended)
		r->t_end = now_ns();
	console_close(&m.console);
	r->how = how_it_ended(&m);
	clock_fit(r);
}
