// SPDX-License-Identifier: GPL-2.0
/*
 * Figures of a run, computed from its three sources: the frames of the sender, the DMA writes
 * in the emulator's trace, and the frames that the kernel under test counted in its rings.
 *
 * received, dup, order, holes and badsum are the count of the final rings. Where the kernel
 * under test could not count (a control that lost its memory) received falls back to the
 * frames written by the emulator, and `counted` is false. lost = sent - received. A gap at the
 * end of a span counts up to the end of sending: "no frame arrived any more" is a gap as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"

const struct phase phases[] = {
	{ "preserve", "preserve", "preserve.begin", "preserve.end", 0, 0 },
	{ "load", "load", "load.begin", "load.end", 0, 0 },
	{ "kexec", "kexec: no userspace", "reboot", "hello", 0, 1 },
	{ "retrieve", "retrieve", "retrieve.begin", "retrieve.end", 1, 1 },
	{ "bind", "bind", "bind.begin", "bind.end", 1, 1 },
	{ "adopt", "adopt", "adopt.begin", "adopt.end", 1, 1 },
	{ "attach", "attach", "attach.begin", "attach.end", 1, 1 },
	{ "finish", "finish", "finish.begin", "finish.end", 1, 1 },
};

const size_t nphases = ARRAY_SIZE(phases);

bool phase_span(const struct run *r, const struct phase *p, int update, int64_t *begin,
		int64_t *end)
{
	const struct mark *b = run_mark(r, p->begin, update + p->begin_in);
	const struct mark *e = run_mark(r, p->end, update + p->end_in);

	if (!b || !e)
		return false;
	*begin = b->t;
	*end = e->t;
	return true;
}

/*
 * No kernel boots faster, by a clock that stops in the emulator's pauses: for a next kernel that
 * does not set up the IOMMU.
 */
#define FASTEST_BOOT (500 * MSEC)

/* Nor does a kernel set up the IOMMU earlier than this after it was started. */
#define QUICKEST_SETUP (50 * MSEC)

static int64_t running_ns(const struct run *r, int64_t from, int64_t to)
{
	return to - from - pulse_missed(&r->live->pulse, from, to);
}

/*
 * The next kernel's first act on the IOMMU, 0: not seen. On VT-d it switches interrupt remapping,
 * as the previous kernel has done if it did not switch translation off.
 */
static int64_t next_begins(const struct run *r, int update)
{
	int64_t from = run_mark_time(r, "reboot", update);
	int64_t to = run_mark_time(r, "hello", update + 1);
	bool down = false;
	size_t i;

	for (i = 0; from && i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		if (e->t < from || (to && e->t > to))
			continue;
		if (e->kind == EV_SETUP || (e->kind == EV_IR_TABLE && down))
			return e->t;
		down |= e->kind == EV_IR_TABLE || e->kind == EV_TE_OFF;
	}
	return 0;
}

/* Can an event that is not before reboot(2) be one of the previous kernel? */
static bool is_previous(const struct run *r, int update, int64_t next, const struct event *e)
{
	int64_t from = run_mark_time(r, "reboot", update);

	return next ? e->t < next && running_ns(r, e->t, next) >= QUICKEST_SETUP :
		      running_ns(r, from, e->t) <= FASTEST_BOOT;
}

/* The last event of @kinds (a bit each) of the previous kernel after reboot(2), or NULL */
static const struct event *last_act(const struct run *r, int update, unsigned int kinds)
{
	int64_t from = run_mark_time(r, "reboot", update), next = next_begins(r, update);
	const struct event *last = NULL;
	size_t i;

	for (i = 0; from && i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		if (kinds & 1u << e->kind && e->t >= from && is_previous(r, update, next, e))
			last = e;
	}
	return last;
}

int64_t kernel_frozen(const struct run *r, int update)
{
	const struct event *e = last_act(r, update, 1u << EV_QUIET);

	return e ? e->t : 0;
}

int64_t kernel_down(const struct run *r, int update, const char **how)
{
	const struct event *e = last_act(r, update, 1u << EV_ROOT | 1u << EV_TE_OFF |
						    1u << EV_LOG_OFF | 1u << EV_BME_CLEAR);

	if (e)
		*how = e->text;
	return e ? e->t : 0;
}

bool log_was_off(const struct run *r, int update)
{
	int64_t from = run_mark_time(r, "reboot", update), off = 0;
	size_t i;

	for (i = 0; from && i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		if (e->t < from)
			continue;
		if (e->kind == EV_LOG_OFF)
			off = e->t;
		else if (e->kind == EV_LOG_ON)
			off = 0;
		else if (e->kind == EV_SETUP)
			return off && running_ns(r, off, e->t) >= QUICKEST_SETUP;
	}
	return false;
}

/* The first time that a device was blocked in the update */
static int64_t first_fault(const struct run *r, int update)
{
	int64_t from = run_mark_time(r, "reboot", update);
	size_t i;

	for (i = 0; from && i < r->parsed->nevents; i++)
		if (r->parsed->events[i].kind == EV_FAULT && r->parsed->events[i].t >= from)
			return r->parsed->events[i].t;
	return 0;
}

int64_t interrupts_blocked(const struct run *r, int update)
{
	const char *how;
	int64_t down = kernel_down(r, update, &how), fault = first_fault(r, update);
	int64_t next = next_begins(r, update);
	size_t i;

	for (i = 0; down && i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		if (e->kind == EV_IR_TABLE && e->t >= down && is_previous(r, update, next, e))
			return e->t;
	}
	return fault && fault < down ? fault : down;
}

int64_t interrupts_set_up(const struct run *r, int update)
{
	int64_t from = interrupts_blocked(r, update);
	size_t i;

	for (i = 0; from && i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		if ((e->kind == EV_IR_TABLE || e->kind == EV_SETUP) && e->t > from)
			return e->t;
	}
	return 0;
}

static int compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void worst(int64_t *to, int64_t value)
{
	if (value > *to)
		*to = value;
}

/*
 * The frames of a pause of the emulator stand in a row when it ends, and the last waits for all of
 * them: a tenth of the pause is granted for that.
 */
static int64_t undisturbed(const struct run *r, int64_t sent, int64_t written)
{
	return written - sent - pulse_missed(&r->live->pulse, sent, written) * 11 / 10;
}

static void latencies(const struct run *r, const struct sender *s, const struct dma_device *d,
		      struct device_figures *f)
{
	size_t i, n = d->nwrites < s->offered ? d->nwrites : s->offered;
	int64_t *ns = calloc(n + 1, sizeof(*ns));

	if (!ns)
		die("out of memory");
	for (i = 0; i < n; i++) {
		int64_t sent = s->tx[i], written = d->writes[i];

		ns[i] = written > sent ? written - sent : 0;
		worst(&f->max_undisturbed, undisturbed(r, sent, written));
	}
	qsort(ns, n, sizeof(*ns), compare_ns);
	if (n) {
		f->p50 = ns[n / 2];
		f->p99 = ns[n * 99 / 100];
		f->max = ns[n - 1];
	}
	free(ns);
}

/* Longest time in [from, to] in which no frame was written */
static int64_t longest_gap(const struct sender *s, const struct dma_device *d, int64_t from,
			   int64_t to)
{
	int64_t last = from, gap = 0, stop = s->last_tx;
	size_t i;

	if (s->offered && from < s->tx[0])
		last = s->tx[0];
	if (stop && to > stop)
		to = stop;
	for (i = 0; i < d->nwrites; i++) {
		int64_t t = d->writes[i];

		if (t < last)
			continue;
		if (t > to)
			break;
		gap = t - last > gap ? t - last : gap;
		last = t;
	}
	return to - last > gap ? to - last : gap;
}

/* Did no kernel run userspace at the time @t? */
static bool silent(const struct run *r, int64_t t)
{
	int u;

	for (u = 1; u <= r->live->kernel; u++) {
		int64_t from = run_mark_time(r, "reboot", u);
		int64_t to = run_mark_time(r, "hello", u + 1);

		if (from && t >= from && (!to || t < to))
			return true;
	}
	return false;
}

static void count_written(const struct run *r, const struct sender *s,
			  const struct dma_device *d, struct device_figures *f)
{
	struct window w = run_window(r);
	size_t i;

	for (i = 0; i < d->nwrites; i++) {
		f->before += d->writes[i] < w.begin;
		f->during += d->writes[i] >= w.begin && d->writes[i] <= w.end;
		f->after += d->writes[i] > w.end;
		f->silent += silent(r, d->writes[i]);
	}
	if (!s->offered)
		return;
	f->gap_before = longest_gap(s, d, r->live->start, w.begin);
	f->gap_during = longest_gap(s, d, w.begin, w.end);
	f->gap_after = longest_gap(s, d, w.end, r->live->end);
}

static void compute_device(const struct run *r, int i, struct device_figures *f)
{
	const struct sender *s = &r->live->sender[i];
	const struct dma_device *d = &r->parsed->device[i];

	f->sent = s->offered;
	f->received = run_fig_int(r, d->nwrites, "nic%d.received", i);
	f->lost = f->sent - f->received;
	f->dup = run_fig_int(r, 0, "nic%d.dup", i);
	f->order = run_fig_int(r, 0, "nic%d.order", i);
	f->holes = run_fig_int(r, 0, "nic%d.holes", i);
	f->badsum = run_fig_int(r, 0, "nic%d.badsum", i);
	latencies(r, s, d, f);
	count_written(r, s, d, f);
}

static void add_figures(struct device_figures *sum, const struct device_figures *f)
{
	sum->sent += f->sent;
	sum->received += f->received;
	sum->lost += f->lost;
	sum->dup += f->dup;
	sum->order += f->order;
	sum->holes += f->holes;
	sum->badsum += f->badsum;
	sum->before += f->before;
	sum->during += f->during;
	sum->after += f->after;
	sum->silent += f->silent;
	worst(&sum->p50, f->p50);
	worst(&sum->p99, f->p99);
	worst(&sum->max, f->max);
	worst(&sum->max_undisturbed, f->max_undisturbed);
	worst(&sum->gap_before, f->gap_before);
	worst(&sum->gap_during, f->gap_during);
	worst(&sum->gap_after, f->gap_after);
}

static void add_device(const struct run *r, int i, struct judged *j)
{
	const struct sender *s = &r->live->sender[i];
	const struct dma_device *d = &r->parsed->device[i];
	struct totals *t = &j->total;
	char key[32];

	snprintf(key, sizeof(key), "nic%d.received", i);
	t->devices++;
	t->counted &= run_fig(r, key) != NULL;
	t->back_pressure += s->back_pressure;
	if (s->max_queued > t->max_queued)
		t->max_queued = s->max_queued;
	t->written += d->nwrites;
	t->untranslated += d->untranslated;
	add_figures(&t->sum, &j->device[i]);
}

void figures_compute(const struct run *r, struct judged *j)
{
	int i;

	*j = (struct judged){ .total.counted = true };
	for (i = 0; i < r->needs->ndevices; i++) {
		compute_device(r, i, &j->device[i]);
		if (run_preserved(r, i) && r->live->sender[i].offered)
			add_device(r, i, j);
	}
}
