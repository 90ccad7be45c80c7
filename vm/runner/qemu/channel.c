// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict channel: what the guest says on the debug port, one ASCII line each.
 *
 *   hello STAGE TSC · mark NAME TSC · tx-start NIC RATE LEN · tx-stop NIC · plan N
 *   ok NAME · not ok NAME # why · skip NAME # reason · fig KEY VALUE · diag TEXT · end
 *
 * A line that is none of these counts as a protocol error, which fails the run: a garbled
 * channel must never look like a short but clean one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "print/story.h"
#include "sender.h"

#define KEEP(to, from) snprintf(to, sizeof(to), "%s", from)

static bool add_mark(struct run *r, const char *name, uint64_t tsc, int64_t arrived)
{
	struct mark *m = array_add(r->marks, r->nmarks, r->marks_cap);

	KEEP(m->name, name);
	m->stage = r->stage;
	m->tsc = tsc;
	m->arrived = arrived;
	m->t = arrived;
	story_mark(r, m);
	return true;
}

static bool say_hello(struct run *r, char *rest, int64_t arrived)
{
	uint64_t tsc;
	int stage;

	if (sscanf(rest, "%d %" SCNu64, &stage, &tsc) != 2 || stage <= r->stage)
		return false;
	r->stage = stage;
	return add_mark(r, "hello", tsc, arrived);
}

static bool say_mark(struct run *r, char *rest, int64_t arrived)
{
	char name[40];
	uint64_t tsc;

	return sscanf(rest, "%39s %" SCNu64, name, &tsc) == 2 && add_mark(r, name, tsc, arrived);
}

static bool say_tx_start(struct run *r, char *rest, int64_t arrived)
{
	unsigned int nic, rate, len;

	(void)arrived;
	if (sscanf(rest, "%u %u %u", &nic, &rate, &len) != 3 || !rate || rate > 100000 ||
	    nic >= (unsigned int)r->needs.nnics)
		return false;
	r->any_tx = true;
	sender_start(&r->nic[nic].sender, rate, len);
	story_line(r, "the host sends %u frames/s of %u bytes to NIC %u", rate, len, nic);
	return true;
}

static bool say_tx_stop(struct run *r, char *rest, int64_t arrived)
{
	unsigned int nic;

	(void)arrived;
	if (sscanf(rest, "%u", &nic) != 1 || nic >= (unsigned int)r->needs.nnics)
		return false;
	sender_stop(&r->nic[nic].sender);
	story_line(r, "the host stops sending to NIC %u after %zu frames", nic,
		   r->nic[nic].sender.offered);
	return true;
}

static bool say_plan(struct run *r, char *rest, int64_t arrived)
{
	(void)arrived;
	r->planned = (r->planned < 0 ? 0 : r->planned) + atoi(rest);
	return true;
}

static bool add_fact(struct run *r, enum fact_kind kind, char *rest)
{
	struct fact *f = array_add(r->facts, r->nfacts, r->facts_cap);
	char *why = strstr(rest, " # ");

	if (why) {
		*why = 0;
		KEEP(f->why, why + 3);
	}
	f->kind = kind;
	KEEP(f->text, rest);
	story_fact(r, f);
	return *rest;
}

static bool say_ok(struct run *r, char *rest, int64_t arrived)
{
	(void)arrived;
	return add_fact(r, FACT_OK, rest);
}

static bool say_not(struct run *r, char *rest, int64_t arrived)
{
	(void)arrived;
	return !strncmp(rest, "ok ", 3) && add_fact(r, FACT_NOT_OK, rest + 3);
}

static bool say_skip(struct run *r, char *rest, int64_t arrived)
{
	(void)arrived;
	return add_fact(r, FACT_SKIP, rest);
}

static bool say_fig(struct run *r, char *rest, int64_t arrived)
{
	struct fig *f = array_add(r->figs, r->nfigs, r->figs_cap);

	(void)arrived;
	return sscanf(rest, "%63s %191[^\n]", f->key, f->value) == 2;
}

static bool say_diag(struct run *r, char *rest, int64_t arrived)
{
	(void)arrived;
	story_diag(r, rest);
	return true;
}

static bool say_end(struct run *r, char *rest, int64_t arrived)
{
	(void)rest;
	r->ended = true;
	r->t_end = arrived;
	return true;
}

static const struct {
	const char *verb;
	bool (*say)(struct run *r, char *rest, int64_t arrived);
} verbs[] = {
	{ "hello", say_hello }, { "mark", say_mark }, { "tx-start", say_tx_start },
	{ "tx-stop", say_tx_stop }, { "plan", say_plan }, { "ok", say_ok }, { "not", say_not },
	{ "skip", say_skip }, { "fig", say_fig }, { "diag", say_diag }, { "end", say_end },
};

void channel_line(struct run *r, char *line, int64_t arrived)
{
	size_t i, n = strcspn(line, " ");
	char *rest = line + n + (line[n] == ' ');

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strlen(verbs[i].verb) == n && !strncmp(line, verbs[i].verb, n)) {
			if (verbs[i].say(r, rest, arrived))
				return;
			break;
		}
	r->protocol_errors++;
	story_diag(r, text("the guest said what is no protocol: '%s'", line));
}
