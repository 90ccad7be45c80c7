// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict channel: reports of the kernel under test on the debug port, one ASCII line each.
 *
 *   hello STAGE TSC · mark NAME TSC · tx-start NIC RATE LEN · tx-stop NIC · plan N
 *   monitor COMMAND · ok NAME · not ok NAME # why · skip NAME # reason · fig KEY VALUE · diag TEXT · end
 *
 * Any other line counts as a protocol error, which fails the run: a garbled channel must never
 * look like a short but clean one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "print/story.h"

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

/* A line that arrived, and where its report goes */
struct report {
	const struct run *run;
	struct live *live;
	int64_t arrived;
};

static bool add_mark(struct report *rep, const char *name, uint64_t tsc)
{
	struct live *l = rep->live;
	struct mark *m = array_add(l->marks, l->nmarks, l->marks_cap);

	COPY(m->name, name);
	m->kernel = l->kernel;
	m->tsc = tsc;
	m->arrived = rep->arrived;
	m->t = rep->arrived;
	story_mark(rep->run, m);
	return true;
}

static bool on_hello(struct report *rep, char *rest)
{
	uint64_t tsc;
	int kernel;

	if (sscanf(rest, "%d %" SCNu64, &kernel, &tsc) != 2 || kernel <= rep->live->kernel)
		return false;
	rep->live->kernel = kernel;
	return add_mark(rep, "hello", tsc);
}

static bool on_mark(struct report *rep, char *rest)
{
	char name[40];
	uint64_t tsc;

	return sscanf(rest, "%39s %" SCNu64, name, &tsc) == 2 && add_mark(rep, name, tsc);
}

static bool on_tx_start(struct report *rep, char *rest)
{
	unsigned int nic, rate, len;

	if (sscanf(rest, "%u %u %u", &nic, &rate, &len) != 3 || !rate || rate > 100000 ||
	    nic >= (unsigned int)rep->run->needs->ndevices)
		return false;
	rep->live->any_tx = true;
	sender_start(&rep->live->sender[nic], rate, len);
	story_line(rep->run, "sending %u frames/s of %u bytes to NIC %u", rate, len, nic);
	return true;
}

static bool on_tx_stop(struct report *rep, char *rest)
{
	unsigned int nic;

	if (sscanf(rest, "%u", &nic) != 1 || nic >= (unsigned int)rep->run->needs->ndevices)
		return false;
	sender_stop(&rep->live->sender[nic]);
	story_line(rep->run, "sending to NIC %u ends after %zu frames", nic,
		   rep->live->sender[nic].offered);
	return true;
}

static bool on_monitor(struct report *rep, char *rest)
{
	const char *said = pulse_order(&rep->live->pulse, rest);

	story_line(rep->run, "the emulator is told: %s%s%s%s", rest, *said ? " (\"" : "", said,
		   *said ? "\")" : "");
	return true;
}

static bool on_plan(struct report *rep, char *rest)
{
	struct live *l = rep->live;

	l->planned = (l->planned < 0 ? 0 : l->planned) + atoi(rest);
	return true;
}

static bool add_fact(struct report *rep, enum fact_kind kind, char *rest)
{
	struct live *l = rep->live;
	struct fact *f = array_add(l->facts, l->nfacts, l->facts_cap);
	char *why = strstr(rest, " # ");

	if (why) {
		*why = 0;
		COPY(f->why, why + 3);
	}
	f->kind = kind;
	COPY(f->text, rest);
	story_fact(rep->run, f);
	return *rest;
}

static bool on_ok(struct report *rep, char *rest)
{
	return add_fact(rep, FACT_OK, rest);
}

static bool on_not(struct report *rep, char *rest)
{
	return !strncmp(rest, "ok ", 3) && add_fact(rep, FACT_NOT_OK, rest + 3);
}

static bool on_skip(struct report *rep, char *rest)
{
	return add_fact(rep, FACT_SKIP, rest);
}

static bool on_fig(struct report *rep, char *rest)
{
	struct live *l = rep->live;
	struct fig *f = array_add(l->figs, l->nfigs, l->figs_cap);

	return sscanf(rest, "%63s %191[^\n]", f->key, f->value) == 2;
}

static bool on_diag(struct report *rep, char *rest)
{
	story_diag(rep->run, rest);
	return true;
}

static bool on_end(struct report *rep, char *rest)
{
	(void)rest;
	rep->live->ended = true;
	rep->live->end = rep->arrived;
	return true;
}

static const struct {
	const char *verb;
	bool (*handle)(struct report *rep, char *rest);
} verbs[] = {
	{ "hello", on_hello }, { "mark", on_mark }, { "tx-start", on_tx_start },
	{ "tx-stop", on_tx_stop }, { "monitor", on_monitor }, { "plan", on_plan }, { "ok", on_ok }, { "not", on_not },
	{ "skip", on_skip }, { "fig", on_fig }, { "diag", on_diag }, { "end", on_end },
};

void channel_line(const struct run *r, struct live *l, char *line, int64_t arrived)
{
	struct report rep = { r, l, arrived };
	size_t i, n = strcspn(line, " ");
	char *rest = line + n + (line[n] == ' ');

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strlen(verbs[i].verb) == n && !strncmp(line, verbs[i].verb, n)) {
			if (verbs[i].handle(&rep, rest))
				return;
			break;
		}
	l->protocol_errors++;
	story_diag(r, text("protocol error on the verdict channel: '%s'", line));
}
