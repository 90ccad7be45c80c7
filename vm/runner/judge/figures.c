// SPDX-License-Identifier: GPL-2.0
/*
 * Figures of a run, computed from its three sources: what the sender sent, what the emulator
 * wrote by DMA and when, what the guest found in its rings.
 *
 * received, dup, order, holes and badsum are the guest's own count of the final rings; where
 * a guest could not count (a control that lost its memory) received falls back to the frames
 * the emulator wrote and `counted` is false. lost = sent - received. A gap at the end of a
 * span counts up to the moment sending stopped, so "nothing came any more" is a gap as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "qemu/pulse.h"
#include "qemu/trace.h"

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

/* The last event of one of the @kinds (a bit each) in the old kernel after reboot(2), or NULL. */
static const struct event *last_act(const struct run *r, int update, unsigned int kinds)
{
	int64_t from = run_mark_time(r, "reboot", update);
	const struct event *last = NULL;
	size_t i;

	for (i = 0; from && i < r->nevents; i++) {
		const struct event *e = &r->events[i];

		if (e->t >= from && e->t <= from + 500 * MSEC && kinds & 1u << e->kind)
			last = e;
	}
	return last;
}

/*
 * When the old kernel had frozen the last device: it masks the device's interrupts then, which
 * the emulator shows if there are any. 0: nothing seen.
 */
int64_t kernel_frozen(const struct run *r, int update)
{
	const struct event *e = last_act(r, update, 1u << EV_QUIET);

	return e ? e->t : 0;
}

/*
 * The old kernel's last act that the emulator shows: the IOMMU pointed at the minimal root,
 * switched off, or (without the feature) bus master cleared, whichever comes last before the
 * next kernel can have begun. 0: nothing seen.
 */
int64_t kernel_down(const struct run *r, int update, const char **how)
{
	const struct event *e = last_act(r, update, 1u << EV_ROOT | 1u << EV_TE_OFF |
						    1u << EV_BME_CLEAR);

	if (e)
		*how = e->text;
	return e ? e->t : 0;
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

static void latencies(const struct run *r, const struct nic *nic, struct nic_figures *f)
{
	size_t i, n = nic->ndma < nic->sender.offered ? nic->ndma : nic->sender.offered;
	int64_t *ns = calloc(n + 1, sizeof(*ns));

	if (!ns)
		die("out of memory");
	for (i = 0; i < n; i++) {
		int64_t sent = nic->sender.tx[i], written = nic->dma[i];

		ns[i] = written > sent ? written - sent : 0;
		worst(&f->held, ns[i] - pulse_missed(&r->pulse, sent, written));
	}
	qsort(ns, n, sizeof(*ns), compare_ns);
	if (n) {
		f->p50 = ns[n / 2];
		f->p99 = ns[n * 99 / 100];
		f->max = ns[n - 1];
	}
	free(ns);
}

/* Longest time in [from, to] in which no frame was written. */
static int64_t longest_gap(const struct nic *nic, int64_t from, int64_t to)
{
	int64_t last = from, gap = 0, stop = nic->sender.last_tx;
	size_t i;

	if (nic->sender.offered && from < nic->sender.tx[0])
		last = nic->sender.tx[0];
	if (stop && to > stop)
		to = stop;
	for (i = 0; i < nic->ndma; i++) {
		int64_t t = nic->dma[i];

		if (t < last)
			continue;
		if (t > to)
			break;
		gap = t - last > gap ? t - last : gap;
		last = t;
	}
	return to - last > gap ? to - last : gap;
}

static bool silent(const struct run *r, int64_t t)
{
	int u;

	for (u = 1; u <= r->stage; u++) {
		int64_t from = run_mark_time(r, "reboot", u);
		int64_t to = run_mark_time(r, "hello", u + 1);

		if (from && t >= from && (!to || t < to))
			return true;
	}
	return false;
}

static void count_written(const struct run *r, const struct nic *nic, struct nic_figures *f)
{
	struct window w = run_window(r);
	size_t i;

	for (i = 0; i < nic->ndma; i++) {
		f->before += nic->dma[i] < w.begin;
		f->during += nic->dma[i] >= w.begin && nic->dma[i] <= w.end;
		f->after += nic->dma[i] > w.end;
		f->silent += silent(r, nic->dma[i]);
	}
	if (!nic->sender.offered)
		return;
	f->gap_before = longest_gap(nic, r->t0, w.begin);
	f->gap_during = longest_gap(nic, w.begin, w.end);
	f->gap_after = longest_gap(nic, w.end, r->t_end);
}

void figures_compute(struct run *r)
{
	int i;

	for (i = 0; i < r->needs.nnics; i++) {
		struct nic *nic = &r->nic[i];
		struct nic_figures *f = &nic->fig;

		f->sent = nic->sender.offered;
		f->received = run_fig_int(r, nic->ndma, "nic%d.received", i);
		f->lost = f->sent - f->received;
		f->dup = run_fig_int(r, 0, "nic%d.dup", i);
		f->order = run_fig_int(r, 0, "nic%d.order", i);
		f->holes = run_fig_int(r, 0, "nic%d.holes", i);
		f->badsum = run_fig_int(r, 0, "nic%d.badsum", i);
		latencies(r, nic, f);
		count_written(r, nic, f);
	}
}

static void add_nic(struct totals *t, const struct nic *nic)
{
	const struct nic_figures *f = &nic->fig;
	struct nic_figures *s = &t->sum;

	s->sent += f->sent;
	s->received += f->received;
	s->lost += f->lost;
	s->dup += f->dup;
	s->order += f->order;
	s->holes += f->holes;
	s->badsum += f->badsum;
	s->before += f->before;
	s->during += f->during;
	s->after += f->after;
	s->silent += f->silent;
	worst(&s->p50, f->p50);
	worst(&s->p99, f->p99);
	worst(&s->max, f->max);
	worst(&s->held, f->held);
	worst(&s->gap_before, f->gap_before);
	worst(&s->gap_during, f->gap_during);
	worst(&s->gap_after, f->gap_after);
	t->back_pressure += nic->sender.back_pressure;
	if (nic->sender.max_queued > t->max_queued)
		t->max_queued = nic->sender.max_queued;
	t->written += nic->ndma;
	t->untranslated += nic->untranslated;
}

struct totals figures_total(const struct run *r)
{
	struct totals t = { .counted = true };
	char key[32];
	int i;

	for (i = 0; i < r->needs.nnics; i++) {
		if (r->needs.fate[i] != GOES_ON || !r->nic[i].sender.offered)
			continue;
		snprintf(key, sizeof(key), "nic%d.received", i);
		t.judged++;
		t.counted &= run_fig(r, key) != NULL;
		add_nic(&t, &r->nic[i]);
	}
	return t;
}
