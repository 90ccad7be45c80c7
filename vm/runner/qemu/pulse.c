// SPDX-License-Identifier: GPL-2.0
/*
 * How promptly the emulator's main loop answers, measured beside the frames.
 *
 * Frames reach a NIC through the emulator's main loop. When other work uses the processors the
 * loop stands still, and a frame is late for a reason that has nothing to do with DMA. So the
 * loop gets a question that involves no NIC every PERIOD, and each late answer is recorded as
 * a pause. A NIC that holds frames back causes no pause: the loop answers while a device may
 * not write.
 *
 * The question is a QMP command without effect. Answers arrive one by one; events in between
 * are skipped. The thread ends with pulse_stop(), or by itself when the emulator is gone.
 *
 * Before an emulator is killed because the time is up, the registers of its CPUs are dumped a
 * few times in a row: a kernel that hangs leaves no other trace. Commands for the monitor that a
 * scenario orders take the same way.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/util.h"
#include "pulse.h"

#define PERIOD		(20 * MSEC)
#define LATE		(60 * MSEC)
#define DUMPS		5
#define PATIENCE	(3 * NSEC)

static const char greet[] = "{\"execute\":\"qmp_capabilities\"}\n";
static const char ask[] = "{\"execute\":\"query-name\"}\n";
static const char ask_monitor[] =
	"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"%s\"}}\n";
static const char answer[] = "{\"return\"";

static bool send_line(struct pulse *p, const char *line)
{
	size_t n = strlen(line);

	return send(p->fd, line, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool send_command(struct pulse *p, const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), ask_monitor, command);
	return send_line(p, line);
}

/* One line, cut to @room; false when the emulator is gone. */
static bool read_line(struct pulse *p, char *line, size_t room)
{
	size_t n = 0;
	char c;

	while (read(p->fd, &c, 1) == 1) {
		if (c == '\n') {
			line[n] = 0;
			return true;
		}
		if (n < room - 1)
			line[n++] = c;
	}
	return false;
}

static bool read_answer(struct pulse *p, char *line, size_t room)
{
	do {
		if (!read_line(p, line, room))
			return false;
	} while (strncmp(line, answer, strlen(answer)));
	return true;
}

static bool answered(struct pulse *p)
{
	char line[64];

	return read_answer(p, line, sizeof(line));
}

/* Write a JSON string with its escaped line ends as line ends. */
static void write_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (text[0] == '\\' && text[1] == 'r')
			text++;
		else if (text[0] == '\\' && text[1] == 'n' && text++)
			fputc('\n', f);
		else
			fputc(*text, f);
	}
	fputc('\n', f);
}

static void dump(struct pulse *p)
{
	static char line[1 << 16];
	FILE *f = fopen(p->dump, "w");
	int i;

	for (i = 0; f && i < DUMPS && send_command(p, "info registers -a"); i++) {
		if (!read_answer(p, line, sizeof(line)))
			break;
		write_text(f, line);
		usleep(PERIOD / 1000);
	}
	if (f)
		fclose(f);
	atomic_store(&p->dumped, true);
}

/* {"return": "what it said"} */
static void obey(struct pulse *p)
{
	char line[512], *text;

	*p->said = 0;
	if (send_command(p, p->order) && read_answer(p, line, sizeof(line))) {
		text = strchr(line + strlen(answer), '"');
		if (text)
			snprintf(p->said, sizeof(p->said), "%.*s", (int)strcspn(text + 1, "\"\\"),
				 text + 1);
	}
	atomic_store(&p->ordered, false);
}

static void note(struct pulse *p, int64_t last, int64_t now)
{
	struct pause *pause;

	p->answers++;
	if (now - last <= LATE)
		return;
	pause = array_add(p->pauses, p->npauses, p->cap);
	pause->from = last;
	pause->to = now;
	if (now - last > p->longest)
		p->longest = now - last;
}

static void *pulse_loop(void *arg)
{
	struct pulse *p = arg;
	int64_t last = now_ns(), now;

	if (!send_line(p, greet) || !answered(p))
		return NULL;
	while (!atomic_load(&p->stop) && send_line(p, ask) && answered(p)) {
		now = now_ns();
		note(p, last, now);
		last = now;
		if (atomic_load(&p->dump_wanted) && !atomic_load(&p->dumped))
			dump(p);
		if (atomic_load(&p->ordered))
			obey(p);
		usleep(PERIOD / 1000);
	}
	return NULL;
}

void pulse_open(struct pulse *p)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die("cannot make the socket of the pulse: %s", strerror(errno));
	memset(p, 0, sizeof(*p));
	p->fd = fd[0];
	p->qemu_fd = fd[1];
}

void pulse_start(struct pulse *p)
{
	if (pthread_create(&p->thread, NULL, pulse_loop, p))
		die("cannot start the thread of the pulse");
}

void pulse_stop(struct pulse *p)
{
	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	close(p->fd);
}

int64_t pulse_missed(const struct pulse *p, int64_t from, int64_t to)
{
	int64_t missed = 0;
	size_t i;

	for (i = 0; i < p->npauses; i++) {
		int64_t begin = from > p->pauses[i].from ? from : p->pauses[i].from;
		int64_t end = to < p->pauses[i].to ? to : p->pauses[i].to;

		if (end > begin)
			missed += end - begin;
	}
	return missed;
}

void pulse_dump_registers(struct pulse *p, const char *path)
{
	int64_t end = now_ns() + PATIENCE;

	p->dump = path;
	atomic_store(&p->dump_wanted, true);
	while (!atomic_load(&p->dumped) && now_ns() < end)
		usleep(PERIOD / 1000);
}

const char *pulse_order(struct pulse *p, const char *command)
{
	int64_t end = now_ns() + PATIENCE;

	snprintf(p->order, sizeof(p->order), "%s", command);
	atomic_store(&p->ordered, true);
	while (atomic_load(&p->ordered) && now_ns() < end)
		usleep(PERIOD / 1000);
	return atomic_load(&p->ordered) ? "no answer" : p->said;
}
