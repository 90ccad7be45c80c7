// SPDX-License-Identifier: GPL-2.0
/*
 * Devices outside the emulator, which have translations in a cache of their own. A live update
 * changes no translation, so nothing is invalidated until the VM unmaps memory in the next kernel,
 * or moves the device to another table: then its whole cache is invalidated. The invalidation
 * reaches the device before the system call returns; after an unmap no translation of that memory
 * is in the cache.
 *
 * The device with PASIDs has neither cache nor DMA: its control registers are judged.
 *
 * The scenario unmaps all that the device uses, at rest, between marks nicN.unmap and
 * nicN.unmapped; figures nicN.iova and nicN.bytes say where. Each move is between marks nicN.move
 * and nicN.moved, with translations in the cache.
 */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "platform.h"
#include "rules.h"

static int64_t device_mark(const struct run *r, int device, const char *what)
{
	char name[40];

	snprintf(name, sizeof(name), "nic%d.%s", device, what);
	return run_mark_time(r, name, 0);
}

static const struct vhost *vhost_of(const struct run *r, int device)
{
	return &r->live->vhost[device];
}

static bool protocol_kept(const struct run *r, int device, char *why)
{
	WHY("%s", vhost_of(r, device)->why);
	return !*why;
}

static bool never_invalidated(const struct run *r, int device, char *why)
{
	int64_t move = device_mark(r, device, "move"), from = run_window(r).begin;
	int64_t to = move ?: device_mark(r, device, "unmap");
	const struct vhost *v = vhost_of(r, device);
	size_t i, asked = 0, invalidated = 0;

	for (i = 0; i < v->nevents; i++) {
		const struct vhost_event *e = &v->events[i];

		if (e->t < from || e->t > to)
			continue;
		asked += e->what == VHOST_UPDATE;
		invalidated += e->what == VHOST_INVALIDATE;
	}
	WHY("%zu invalidations; %zu translations were new", invalidated, asked);
	return to && !invalidated;
}

/* Invalidations in a span of time, and how many translations they dropped */
struct invalidations {
	size_t n, dropped;
	bool all;	/* one of them left nothing */
};

static struct invalidations count_invalidations(const struct vhost *v, int64_t from, int64_t to)
{
	struct invalidations c = {};
	const struct vhost_event *e;

	for (e = v->events; e < v->events + v->nevents; e++) {
		if (e->what != VHOST_INVALIDATE || e->t < from || e->t > to)
			continue;
		c.n++;
		c.dropped += e->dropped;
		c.all |= !e->left;
	}
	return c;
}

/* From the first move to the unmap */
static bool moves_invalidated(const struct run *r, int device, char *why)
{
	const char *begin = text("nic%d.move", device), *end = text("nic%d.moved", device);
	const struct vhost *v = vhost_of(r, device);
	int64_t from = 0, to = device_mark(r, device, "unmap");
	size_t moves = 0, right = 0, inside = 0, all;
	const struct mark *m = r->live->marks;
	struct invalidations c;

	for (; m < r->live->marks + r->live->nmarks; m++) {
		if (!strcmp(m->name, begin))
			from = m->t;
		if (strcmp(m->name, end))
			continue;
		c = count_invalidations(v, from, m->t);
		inside += c.n;
		right += c.all && c.dropped;
		moves++;
	}
	all = count_invalidations(v, device_mark(r, device, "move"), to).n;
	WHY("%zu of %zu moves; %zu invalidations beside them", right, moves, all - inside);
	return to && moves && right == moves && all == inside;
}

/* A request names a naturally aligned power of two, at least a page. */
static uint64_t smallest_request(uint64_t iova, uint64_t bytes)
{
	uint64_t size = 4096;

	while (size && iova + bytes - (iova & -size) > size)
		size <<= 1;
	return size;
}

/* It is within the smallest request that covers the range. */
static bool is_within(const struct vhost_event *e, uint64_t iova, uint64_t bytes)
{
	uint64_t size = smallest_request(iova, bytes), begin = iova & -size;

	return e->iova >= begin && e->size && e->size <= size &&
	       e->iova - begin <= size - e->size;
}

static bool rightly_invalidated(const struct run *r, int device, char *why)
{
	int64_t from = device_mark(r, device, "unmap"), to = device_mark(r, device, "unmapped");
	uint64_t iova = run_fig_int(r, 0, "nic%d.iova", device);
	uint64_t bytes = run_fig_int(r, 0, "nic%d.bytes", device);
	const struct vhost *v = vhost_of(r, device);
	size_t i, right = 0, wrong = 0, dropped = 0;

	for (i = 0; i < v->nevents; i++) {
		const struct vhost_event *e = &v->events[i];

		if (e->what != VHOST_INVALIDATE || e->t < from || e->t > to)
			continue;
		right += is_within(e, iova, bytes);
		wrong += !is_within(e, iova, bytes);
		dropped += e->dropped;
	}
	WHY("%zu of the range, %zu of more or of others; %zu cached translations dropped", right,
	    wrong, dropped);
	return right && !wrong && dropped;
}

static bool nothing_stale(const struct run *r, int device, char *why)
{
	int64_t to = device_mark(r, device, "unmapped");
	const struct vhost *v = vhost_of(r, device);
	size_t i, left = 0;

	for (i = 0; i < v->nevents && v->events[i].t <= to; i++)
		left = v->events[i].left;
	WHY("%zu translations left", left);
	return to && !left;
}

/* Discarded: off before it is used again */
static bool switched_off(const struct run *r, int device, char *why)
{
	int64_t from = run_window(r).begin, to = device_mark(r, device, "used");
	size_t i, off = 0;

	for (i = 0; i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		off += e->kind == EV_ATS_OFF && e->device == device && e->t > from &&
		       (!to || e->t < to);
	}
	WHY("%zu times", off);
	return off;
}

/* An event that happened before the mark nicN.@what, or before the end without one */
static bool is_before(const struct run *r, size_t event, int device, const char *what)
{
	int64_t to = device_mark(r, device, what);

	return event < r->parsed->nevents && (!to || r->parsed->events[event].t < to);
}

/*
 * The entries of a device are cleared and no cache has them any more, then its ATS is switched
 * off, then no translation is left that it has asked for in between.
 */
static bool blocked_first(const struct run *r, int device, char *why)
{
	size_t begin, blocked, off, flushed;

	begin = run_next_event(r, run_event_after(r, run_window(r).begin), EV_BME_CLEAR, device);
	off = run_next_event(r, begin, EV_ATS_OFF, device);
	blocked = run_next_event(r, run_next_event(r, begin, EV_CONTEXT_FLUSH, -1), EV_TLB_FLUSH, -1);
	flushed = run_next_event(r, off, EV_TLB_FLUSH, -1);
	if (!is_before(r, off, device, "quiet"))
		WHY("its ATS was not switched off after its bus mastering");
	else if (blocked > off)
		WHY("its entries were in a cache when its ATS was switched off");
	else if (!is_before(r, flushed, device, "quiet"))
		WHY("no flush followed");
	return !*why;
}

/*
 * It may be deaf, until it is reset and readmitted. The emulator's own bookkeeping begins when ATS
 * is off.
 */
static bool never_asked(const struct run *r, int device, char *why)
{
	int64_t from = run_window(r).begin, to = device_mark(r, device, "used");
	const struct parsed *p = r->parsed;
	const struct vhost *v = vhost_of(r, device);
	size_t i, asked = 0, told = 0;
	int64_t off = 0;

	for (i = 0; i < p->nevents && (!to || p->events[i].t < to); i++) {
		if (p->events[i].device != device || p->events[i].t < from)
			continue;
		if (p->events[i].kind == EV_ATS_ON && off)
			break;
		asked += p->events[i].kind == EV_DEVICE_FLUSH;
		if (p->events[i].kind == EV_ATS_OFF && !off)
			off = p->events[i].t;
	}
	for (i = 0; i < v->nevents; i++)
		told += v->events[i].what == VHOST_INVALIDATE && v->events[i].t > from &&
			v->events[i].t < (off ?: to);
	WHY("%zu requests to it, %zu invalidations in it", asked, told);
	return !asked && !told;
}

#define LEAST_REQUESTS	20	/* the scenario keeps the queue busy */

/* Left behind: the queue of invalidations is in use until the previous kernel stops its CPUs */
static bool asked_to_the_last(const struct run *r, int device, char *why)
{
	const struct event *e = r->parsed->events;
	size_t reboot = run_event_after(r, run_mark_time(r, "reboot", 1));
	size_t stopped = run_next_event(r, reboot, EV_BME_CLEAR, device);
	size_t masked = run_next_event(r, reboot, EV_REPORTS_OFF, -1);
	size_t i, asked = 0, late = 0;
	int64_t last = 0;

	for (i = reboot; masked < r->parsed->nevents && i < masked; i++) {
		if (e[i].kind != EV_DEVICE_FLUSH || e[i].device != device)
			continue;
		asked++;
		late += i > stopped;
		last = e[i].t;
	}
	WHY("%zu requests from the reboot call on, %zu after the NIC was stopped, the last %.1f ms "
	    "before the end", asked, late, last ? (e[masked].t - last) / 1e6 : 0.0);
	return asked >= LEAST_REQUESTS && late;
}

struct device_rule {
	bool (*holds)(const struct run *r, int device, char *why);
	const char *name;
};

static const struct device_rule preserved[] = {
	{ protocol_kept, "NIC %d and the emulator kept to the protocol" },
	{ never_invalidated, "NIC %d: no translation was invalidated before its first move or unmap" },
	{ rightly_invalidated, "NIC %d: the unmap invalidated translations of its range only" },
	{ nothing_stale, "NIC %d has no stale translation" },
};

static const struct device_rule moved[] = {
	{ moves_invalidated, "NIC %d: each move emptied its cache, and nothing else did" },
};

static const struct device_rule discarded[] = {
	{ protocol_kept, "NIC %d and the emulator kept to the protocol" },
	{ switched_off, "NIC %d: its ATS was switched off with the isolation" },
	{ blocked_first, "NIC %d was blocked, then its ATS went off, then caches were flushed" },
	{ never_asked, "NIC %d was not asked to invalidate before its ATS was on again" },
};

static const struct device_rule left_behind[] = {
	{ protocol_kept, "NIC %d and the emulator kept to the protocol" },
	{ asked_to_the_last,
	  "NIC %d was asked to invalidate until the previous kernel stopped its CPUs" },
};

static bool judge(const struct run *r, int device, const struct device_rule *rules, size_t n,
		  rule_sink each, void *arg)
{
	char why[WHY_SIZE], name[96];
	bool all = true, holds;
	size_t i;

	for (i = 0; i < n; i++) {
		*why = 0;
		holds = rules[i].holds(r, device, why);
		snprintf(name, sizeof(name), rules[i].name, device);
		each(arg, name, holds, why);
		all &= holds;
	}
	return all;
}

static bool pasids_kept_protocol(const struct run *r, char *why)
{
	WHY("%s", r->live->pasids.why);
	return !*why;
}

static bool pasids_not_switched(const struct run *r, char *why)
{
	const struct vfio_user *v = &r->live->pasids;
	const struct window window = run_window(r);
	size_t i, inside = 0;

	for (i = 0; i < v->nchanges; i++)
		inside += v->changes[i] > window.begin && v->changes[i] < window.end;
	WHY("%zu changes of %zu", inside, v->nchanges);
	return v->nchanges && !inside;
}

static bool judge_pasids(const struct run *r, rule_sink each, void *arg)
{
	char why[WHY_SIZE] = "";
	bool kept, same;

	kept = pasids_kept_protocol(r, why);
	each(arg, "the device with PASIDs and the emulator kept to the protocol", kept, why);
	if (run_fig_int(r, 0, "pasids_discarded"))
		return kept;
	same = pasids_not_switched(r, why);
	each(arg, "its PASIDs and its ATS were switched on, and not changed in the update", same,
	     why);
	return kept && same;
}

/* Before a kernel switches the root table it waits until the hardware says that all is done. */
static bool queue_drained(const struct run *r, char *why)
{
	size_t masked, root, waited;
	int u;

	for (u = 1; u <= r->needs->updates && !*why; u++) {
		masked = run_next_event(r, run_event_after(r, run_mark_time(r, "reboot", u)),
				    EV_REPORTS_OFF, -1);
		waited = run_next_event(r, masked, EV_QUEUE_WAIT, -1);
		root = run_next_event(r, masked, EV_ROOT, -1);
		if (root == r->parsed->nevents || waited > root)
			WHY("not in update %d", u);
	}
	return !*why;
}

static bool judge_queue(const struct run *r, rule_sink each, void *arg)
{
	char why[WHY_SIZE] = "";
	bool drained = queue_drained(r, why);

	each(arg, "no invalidation was outstanding when the previous kernel switched the root table",
	     drained, why);
	return drained;
}

bool rules_judge_outside(const struct run *r, rule_sink each, void *arg)
{
	bool all = true;
	int i;

	for (i = 0; i < r->needs->ndevices; i++) {
		if (!device_kind(r->needs->device[i].model)->outside)
			continue;
		if (r->needs->device[i].role == ROLE_DISCARDED)
			all &= judge(r, i, discarded, ARRAY_SIZE(discarded), each, arg);
		else if (r->needs->device[i].role == ROLE_LEFT_BEHIND)
			all &= judge(r, i, left_behind, ARRAY_SIZE(left_behind), each, arg);
		else
			all &= judge(r, i, preserved, ARRAY_SIZE(preserved), each, arg);
		if (device_mark(r, i, "move"))
			all &= judge(r, i, moved, ARRAY_SIZE(moved), each, arg);
	}
	if (r->needs->pasids)
		all &= judge_pasids(r, each, arg);
	if (r->needs->page_requests)
		all &= rules_judge_page_requests(r, each, arg);
	if (device_any_outside(r->needs) && r->needs->updates && r->platform->nqueue_events)
		all &= judge_queue(r, each, arg);
	return all;
}
