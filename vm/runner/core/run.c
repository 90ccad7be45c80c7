// SPDX-License-Identifier: GPL-2.0
/*
 * Look-ups in a run: marks, figures of the guest, emulator events inside the update's window.
 *
 * The window reaches from preserve.begin of the first update to finish.end of the last.
 * An update that is called off ends with preserve.end. Where a control never gets that far
 * the window starts at the first thing that prepares the update and ends with the final
 * look into the rings. Events outside are reported, never judged.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

double run_seconds(const struct run *r, int64_t t)
{
	return (double)(t - r->t0) / NSEC;
}

/* The first mark of that name said by kernel @stage (0: by any). */
const struct mark *run_mark(const struct run *r, const char *name, int stage)
{
	size_t i;

	for (i = 0; i < r->nmarks; i++)
		if (!strcmp(r->marks[i].name, name) && (!stage || r->marks[i].stage == stage))
			return &r->marks[i];
	return NULL;
}

int64_t run_mark_time(const struct run *r, const char *name, int stage)
{
	const struct mark *m = run_mark(r, name, stage);

	return m ? m->t : 0;
}

static int64_t window_begin(const struct run *r)
{
	static const char *const names[] = { "preserve.begin", "load.begin", "reboot" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (run_mark(r, names[i], 0))
			return run_mark_time(r, names[i], 0);
	return r->t_end;
}

static int64_t last_mark_time(const struct run *r, const char *name)
{
	size_t i;

	for (i = r->nmarks; i-- > 0;)
		if (!strcmp(r->marks[i].name, name))
			return r->marks[i].t;
	return 0;
}

/* From the final look into the rings on nothing counts: the emulator flushes at its end. */
int64_t run_final(const struct run *r)
{
	int64_t t = last_mark_time(r, "scan");

	return t ? t : r->t_end;
}

static int64_t window_end(const struct run *r)
{
	int64_t t = last_mark_time(r, "finish.end");

	if (!t && !run_mark(r, "reboot", 0))
		t = run_mark_time(r, "preserve.end", 0);
	return t ? t : run_final(r);
}

struct window run_window(const struct run *r)
{
	return (struct window){ window_begin(r), window_end(r) };
}

/* NICs that do not go on, on purpose, are judged otherwise: see others.c. */
bool run_nic_judged(const struct run *r, int nic)
{
	int i;

	if (nic >= 0)
		return r->needs.fate[nic] == GOES_ON;
	for (i = 0; i < r->needs.nnics; i++)
		if (r->needs.fate[i] != GOES_ON)
			return false;
	return true;
}

/* Events of @kind in the window that a preserved NIC, or the IOMMU itself, is to blame for. */
size_t run_events(const struct run *r, enum event_kind kind, const struct event **first)
{
	struct window w = run_window(r);
	bool global = kind == EV_TE_OFF || kind == EV_IR_OFF;
	size_t i, n = 0;

	for (i = 0; i < r->nevents; i++) {
		const struct event *e = &r->events[i];

		if (e->kind != kind || e->t < w.begin || e->t > w.end)
			continue;
		if (!global && !run_nic_judged(r, e->nic))
			continue;
		if (!n++ && first)
			*first = e;
	}
	return n;
}

/* The guest may say a figure again; the last word counts. */
const char *run_fig(const struct run *r, const char *key)
{
	size_t i;

	for (i = r->nfigs; i-- > 0;)
		if (!strcmp(r->figs[i].key, key))
			return r->figs[i].value;
	return NULL;
}

int64_t run_fig_int(const struct run *r, int64_t absent, const char *fmt, ...)
{
	const char *value;
	char key[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(key, sizeof(key), fmt, ap);
	va_end(ap);
	value = run_fig(r, key);
	return value ? strtoll(value, NULL, 0) : absent;
}

/* DMA faults in the guest's log, but for those of NICs that are meant to be cut off */
size_t run_guest_faults(const struct run *r)
{
	size_t i, n = r->nfaulting;
	int nic;

	for (i = 0; i < r->nfaulting; i++)
		for (nic = 0; nic < r->needs.nnics; nic++)
			n -= r->needs.fate[nic] != GOES_ON &&
			     run_fig_int(r, -1, "nic%d.source_id", nic) == r->faulting[i];
	return n;
}
