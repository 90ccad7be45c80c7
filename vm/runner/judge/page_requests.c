// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests of the device outside the emulator. Nobody answers them in the gap: they are disabled,
 * and the device says that all have been answered, before the previous kernel switches the root
 * table; then it waits for those that the hardware has received. The next kernel enables them again.
 * The device makes none: its control register and the descriptors of the queue are judged.
 */
#include "rules.h"

/* Of the device with PASIDs: the last thing that happened to its page requests before @t */
static enum page_requests_event pri_before(const struct run *r, int64_t t)
{
	const struct vfio_user *v = &r->live->pasids;
	enum page_requests_event what = PRI_ENABLED;
	size_t i;

	for (i = 0; i < v->npri && v->pri[i].t < t; i++)
		what = v->pri[i].what;
	return what;
}

static int64_t pri_enabled_after(const struct run *r, int64_t t)
{
	const struct vfio_user *v = &r->live->pasids;
	size_t i;

	for (i = 0; i < v->npri; i++)
		if (v->pri[i].what == PRI_ENABLED && v->pri[i].t > t)
			return v->pri[i].t;
	return 0;
}

/* The root table of update @u is switched; the number of the event */
static size_t root_of_update(const struct run *r, int u)
{
	size_t masked = run_next_event(r, run_event_after(r, run_mark_time(r, "reboot", u)),
				   EV_REPORTS_OFF, -1);

	return run_next_event(r, masked, EV_ROOT, -1);
}

static bool requests_stopped_first(const struct run *r, char *why)
{
	size_t root;
	int u;

	for (u = 1; u <= r->needs->updates && !*why; u++) {
		root = root_of_update(r, u);
		if (root == r->parsed->nevents ||
		    pri_before(r, r->parsed->events[root].t) != PRI_STOPPED)
			WHY("not in update %d", u);
	}
	return !*why;
}

/* The mark page_requests.off is set when the next kernel has them off, and they may go on. */
static bool requests_off_in_gap(const struct run *r, char *why)
{
	int64_t off, on;
	size_t root;
	int u;

	for (u = 1; u <= r->needs->updates && !*why; u++) {
		root = root_of_update(r, u);
		off = run_mark_time(r, "page_requests.off", u + 1);
		on = root < r->parsed->nevents ?
		     pri_enabled_after(r, r->parsed->events[root].t) : 0;
		if (!off || !on || on < off)
			WHY("in update %d %s", u, on ? "too early" : "never");
	}
	return !*why;
}

/* The first change of its PASIDs or its ATS after @t */
static int64_t switched_after(const struct run *r, int64_t t)
{
	const struct vfio_user *v = &r->live->pasids;
	size_t i;

	for (i = 0; i < v->nchanges; i++)
		if (v->changes[i] > t)
			return v->changes[i];
	return INT64_MAX;
}

static bool nothing_else_switched(const struct run *r, char *why)
{
	int u;

	for (u = 1; u <= r->needs->updates && !*why; u++)
		if (switched_after(r, run_mark_time(r, "reboot", u)) <
		    run_mark_time(r, "page_requests.off", u + 1))
			WHY("in update %d", u);
	return !*why;
}

/* At the end it is discarded. */
static bool off_before_ats(const struct run *r, char *why)
{
	int64_t from = run_mark_time(r, "page_requests.off", r->needs->updates + 1);
	int64_t off = switched_after(r, from);

	if (!from || off == INT64_MAX)
		WHY("its ATS was not switched off");
	else if (pri_before(r, off) == PRI_ENABLED)
		WHY("they were on when ATS went off");
	return !*why;
}

/* Before the next root table: the memory of the queue is in use again in the next kernel. */
static bool requests_drained(const struct run *r, char *why)
{
	size_t root, drained;
	int u;

	for (u = 1; u <= r->needs->updates && !*why; u++) {
		root = root_of_update(r, u);
		drained = run_next_event(r, root, EV_REQUESTS_DRAINED, -1);
		if (drained >= run_next_event(r, root + 1, EV_ROOT, -1))
			WHY("not in update %d", u);
	}
	return !*why;
}

bool rules_judge_page_requests(const struct run *r, rule_sink each, void *arg)
{
	static const struct {
		bool (*holds)(const struct run *r, char *why);
		const char *name;
	} rules[] = {
		{ requests_stopped_first, "its page requests had stopped when the root table was switched" },
		{ requests_drained, "the hardware had written all page requests before the kexec" },
		{ requests_off_in_gap, "its page requests were off in the gap, and on again later" },
		{ nothing_else_switched, "its PASIDs and its ATS were not switched meanwhile" },
		{ off_before_ats, "its page requests went off before its ATS when it was discarded" },
	};
	bool all = true, holds;
	char why[WHY_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		*why = 0;
		holds = rules[i].holds(r, why);
		each(arg, rules[i].name, holds, why);
		all &= holds;
	}
	return all;
}
