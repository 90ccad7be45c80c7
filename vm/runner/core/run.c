// SPDX-License-Identifier: GPL-2.0
/*
 * Look-ups in a run: marks, figures of the kernel under test, emulator events in the window.
 *
 * The window reaches from preserve.begin of the first update to finish.end of the last.
 * Without a kexec it ends with preserve.end. In a control that never preserves, the window
 * starts with the first step that prepares the update and ends with the final look into the
 * rings. Events outside are reported, never judged.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

double run_seconds(const struct run *r, int64_t t)
{
	return (double)(t - r->live->start) / NSEC;
}

const struct mark *run_mark(const struct run *r, const char *name, int kernel)
{
	const struct mark *m = r->live->marks;
	size_t i;

	for (i = 0; i < r->live->nmarks; i++)
		if (!strcmp(m[i].name, name) && (!kernel || m[i].kernel == kernel))
			return &m[i];
	return NULL;
}

int64_t run_mark_time(const struct run *r, const char *name, int kernel)
{
	const struct mark *m = run_mark(r, name, kernel);

	return m ? m->t : 0;
}

static int64_t window_begin(const struct run *r)
{
	static const char *const names[] = { "preserve.begin", "load.begin", "reboot" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (run_mark(r, names[i], 0))
			return run_mark_time(r, names[i], 0);
	return r->live->end;
}

static int64_t last_mark_time(const struct run *r, const char *name)
{
	const struct mark *m = r->live->marks;
	size_t i;

	for (i = r->live->nmarks; i-- > 0;)
		if (!strcmp(m[i].name, name))
			return m[i].t;
	return 0;
}

/* Nothing counts after the final look: the emulator flushes frames when it ends. */
int64_t run_final(const struct run *r)
{
	int64_t t = last_mark_time(r, "scan");

	return t ? t : r->live->end;
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

/* Devices with another role are judged by rules of their own: see judge/roles.c. */
bool run_preserved(const struct run *r, int device)
{
	const struct needs *n = r->needs;
	int i;

	if (device >= 0)
		return n->device[device].role == ROLE_PRESERVED;
	for (i = 0; i < n->ndevices; i++)
		if (n->device[i].role != ROLE_PRESERVED)
			return false;
	return true;
}

size_t run_events(const struct run *r, enum event_kind kind, const struct event **first)
{
	struct window w = run_window(r);
	bool global = kind == EV_TE_OFF || kind == EV_IR_OFF;
	size_t i, n = 0;

	for (i = 0; i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		if (e->kind != kind || e->t < w.begin || e->t > w.end)
			continue;
		if (!global && !run_preserved(r, e->device))
			continue;
		if (!n++ && first)
			*first = e;
	}
	return n;
}

/* A figure may be reported again; the last report counts. */
const char *run_fig(const struct run *r, const char *key)
{
	size_t i;

	for (i = r->live->nfigs; i-- > 0;)
		if (!strcmp(r->live->figs[i].key, key))
			return r->live->figs[i].value;
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

size_t run_logged_faults(const struct run *r)
{
	size_t i, n = r->live->nfaults;
	int d;

	for (i = 0; i < r->live->nfaults; i++)
		for (d = 0; d < r->needs->ndevices; d++)
			n -= !run_preserved(r, d) &&
			     run_fig_int(r, -1, "nic%d.source_id", d) == r->live->faults[i];
	return n;
}

/* Of device @device, or of any if that is -1: the first one of @kind after event number @i */
size_t run_next_event(const struct run *r, size_t i, enum event_kind kind, int device)
{
	const struct parsed *p = r->parsed;

	while (i < p->nevents && (p->events[i].kind != kind ||
				  (device >= 0 && p->events[i].device != device)))
		i++;
	return i;
}

/* The first event after a time, its number */
size_t run_event_after(const struct run *r, int64_t t)
{
	size_t i = 0;

	while (i < r->parsed->nevents && r->parsed->events[i].t <= t)
		i++;
	return i;
}
