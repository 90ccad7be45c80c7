// SPDX-License-Identifier: GPL-2.0
/*
 * The emulator's pulse: how promptly its main loop answers, measured beside the frames.
 *
 * Frames reach a NIC through the emulator's main loop. When somebody else uses the processors
 * this loop stands still, and a frame is late for a reason that has nothing to do with DMA. So
 * the loop is asked a question that no NIC takes part in, every PERIOD, and each time in which
 * it answered late is kept as a pause. What a NIC itself holds back is never in a pause: the
 * loop goes on answering while a device may not write.
 *
 * The question is a QMP command without effect. Answers come one by one, events in between
 * are skipped. The thread ends with pulse_stop(), or by itself when the emulator is gone.
 *
 * Before an emulator is killed because the time is up it is asked for its last words: the
 * registers of its CPUs, a few times in a row. A guest that stands still tells nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pulse.h"

#define PERIOD		(20 * MSEC)
#define LATE		(60 * MSEC)
#define WORDS		5
#define WORDS_PATIENCE	(3 * NSEC)

static const char greet[] = "{\"execute\":\"qmp_capabilities\"}\n";
static const char ask[] = "{\"execute\":\"query-name\"}\n";
static const char ask_registers[] =
	"{\"execute\":\"human-monitor-command\","
	"\"arguments\":{\"command-line\":\"info registers -a\"}}\n";
static const char answer[] = "{\"return\"";

static bool say(struct pulse *p, const char *what)
{
	size_t n = strlen(what);

	return send(p->fd, what, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* One line, cut to the room there is for it; false when the emulator is gone. */
static bool hear(struct pulse *p, char *line, size_t room)
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

static bool hear_answer(struct pulse *p, char *line, size_t room)
{
	do {
		if (!hear(p, line, room))
			return false;
	} while (strncmp(line, answer, strlen(answer)));
	return true;
}

static bool answered(struct pulse *p)
{
	char line[64];

	return hear_answer(p, line, sizeof(line));
}

/* Text as JSON has it, with its line ends. */
static void write_words(FILE *f, const char *text)
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

static void tell(struct pulse *p)
{
	static char line[1 << 16];
	FILE *f = fopen(p->words, "w");
	int i;

	for (i = 0; f && i < WORDS && say(p, ask_registers); i++) {
		if (!hear_answer(p, line, sizeof(line)))
			break;
		write_words(f, line);
		usleep(PERIOD / 1000);
	}
	if (f)
		fclose(f);
	atomic_store(&p->told, true);
}

static void note(struct pulse *p, int64_t last, int64_t now)
{
	struct pause *pause;

	p->beats++;
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

	if (!say(p, greet) || !answered(p))
		return NULL;
	while (!atomic_load(&p->stop) && say(p, ask) && answered(p)) {
		now = now_ns();
		note(p, last, now);
		last = now;
		if (atomic_load(&p->asked) && !atomic_load(&p->told))
			tell(p);
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

/* The emulator has to be gone, or about to go: its answer is waited for. */
void pulse_stop(struct pulse *p)
{
	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	close(p->fd);
}

/* How much of [@from, @to] lies in pauses, ns. */
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

/* Where the CPUs of an emulator are that is about to be killed, into the file @path. */
void pulse_last_words(struct pulse *p, const char *path)
{
	int64_t end = now_ns() + WORDS_PATIENCE;

	p->words = path;
	atomic_store(&p->asked, true);
	while (!atomic_load(&p->told) && now_ns() < end)
		usleep(PERIOD / 1000);
}
