// SPDX-License-Identifier: GPL-2.0
/*
 * The NICs of a run that do not go on: left behind by the old kernel, or given up, or cut
 * off, by the new one. They must be silent from then on while frames still come for them; one
 * that was left behind and goes on trying must be kept out of memory.
 */
#include <stdio.h>

#include "figures.h"
#include "rules.h"

#define WHY(...) snprintf(why, WHY_SIZE, __VA_ARGS__)

static size_t count_between(const int64_t *times, size_t n, int64_t from, int64_t to)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += times[i] > from && times[i] <= to;
	return found;
}

/* A NIC left behind: it had traffic, was stopped, and wrote nothing from then on. */
static bool left_silent(const struct run *r, int nic, char *why)
{
	struct window w = run_window(r);
	const struct nic *n = &r->nic[nic];
	int64_t down = 0;
	size_t i, late;

	for (i = 0; i < r->nevents && !down; i++)
		if (r->events[i].kind == EV_BME_CLEAR && r->events[i].nic == nic &&
		    r->events[i].t >= w.begin)
			down = r->events[i].t;
	late = down ? count_between(n->dma, n->ndma, down, w.end) : 0;
	if (!down)
		WHY("its bus mastering was never cleared");
	else if (!n->fig.before || !n->sender.offered ||
		 n->sender.tx[n->sender.offered - 1] < down)
		WHY("no traffic to prove it: %lld frames before", (long long)n->fig.before);
	else if (late)
		WHY("%zu frames", late);
	return !*why;
}

/* A NIC left behind that goes on trying: each try is a fault once the old kernel is down. */
static bool stranger_blocked(const struct run *r, int nic, char *why)
{
	const struct nic *n = &r->nic[nic];
	const char *how;
	int64_t down = kernel_down(r, 1, &how), to = run_window(r).end;
	size_t i, late, tries = 0;

	for (i = 0; i < r->nevents; i++)
		tries += r->events[i].kind == EV_FAULT && r->events[i].nic == nic &&
			 r->events[i].t > down && r->events[i].t <= to;
	late = down ? count_between(n->dma, n->ndma, down, to) : 0;
	if (!down)
		WHY("the old kernel was never seen to be down");
	else if (late)
		WHY("%zu frames", late);
	else if (!tries || !n->fig.before)
		WHY("it did not try: %lld frames before, %zu faults after",
		    (long long)n->fig.before, tries);
	return !*why;
}

/* From mark nicN.quiet to mark nicN.used, or to the end of the kernel that said so */
static bool quiet_in(const struct run *r, int nic, int stage, int64_t from, char *why)
{
	const struct nic *n = &r->nic[nic];
	char name[40];
	int64_t to;
	size_t late;

	snprintf(name, sizeof(name), "nic%d.used", nic);
	to = run_mark_time(r, name, stage);
	if (!to)
		to = run_mark_time(r, "reboot", stage);
	if (!to)
		to = run_window(r).end;
	late = count_between(n->dma, n->ndma, from, to);
	if (late)
		WHY("%zu frames in kernel %d", late, stage);
	else if (!count_between(n->sender.tx, n->sender.offered, from, to))
		WHY("no traffic to prove it in kernel %d", stage);
	return !*why;
}

static bool given_up_silent(const struct run *r, int nic, char *why)
{
	char name[40];
	int stage, seen = 0;

	snprintf(name, sizeof(name), "nic%d.quiet", nic);
	for (stage = 2; stage <= r->stage && !*why; stage++) {
		int64_t from = run_mark_time(r, name, stage);

		if (from) {
			seen++;
			quiet_in(r, nic, stage, from, why);
		}
	}
	if (!seen)
		WHY("it was never said to be quiet");
	return !*why;
}

bool rules_judge_others(const struct run *r, rule_sink each, void *arg)
{
	static const struct {
		bool (*holds)(const struct run *r, int nic, char *why);
		const char *name;
	} rule[] = {
		[LEFT_BEHIND] = { left_silent,
			"NIC %d, left behind, wrote nothing after the old kernel's shutdown" },
		[STRANGER] = { stranger_blocked,
			"NIC %d, left behind, tried to write and was kept out" },
		[GIVEN_UP] = { given_up_silent,
			"NIC %d, given up, wrote nothing before it was used again" },
	};
	char why[WHY_SIZE], name[96];
	bool all = true, held;
	int i;

	for (i = 0; i < r->needs.nnics; i++) {
		if (r->needs.fate[i] == GOES_ON)
			continue;
		*why = 0;
		held = rule[r->needs.fate[i]].holds(r, i, why);
		snprintf(name, sizeof(name), rule[r->needs.fate[i]].name, i);
		each(arg, name, held, why);
		all &= held;
	}
	return all;
}
