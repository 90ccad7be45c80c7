// SPDX-License-Identifier: GPL-2.0
/*
 * events.log: marks and emulator events merged by time, for finding the cause of a failure.
 * More than MAX_OF_A_KIND events of a kind are only counted.
 */
#include <stdio.h>

#include "timeline.h"

#define MAX_OF_A_KIND 200

static void write_mark(FILE *f, const struct run *r, const struct mark *m)
{
	fprintf(f, "%10.6f kernel %d  %s\n", run_seconds(r, m->t), m->kernel, m->name);
}

static void write_event(FILE *f, const struct run *r, const struct event *e)
{
	char subject[16] = "machine";

	if (e->device >= 0)
		snprintf(subject, sizeof(subject), "nic %d", e->device);
	fprintf(f, "%10.6f %-8s  %s: %s\n", run_seconds(r, e->t), subject,
		event_names[e->kind].what, e->text);
}

void timeline_write(const struct run *r)
{
	const struct event *e = r->parsed->events, *end = e + r->parsed->nevents;
	const struct mark *m = r->live->marks, *last = m + r->live->nmarks;
	FILE *f = create_file(r->out, "events.log");
	size_t written[EV_KINDS] = {}, kind;

	for (; e < end; e++) {
		for (; m < last && m->t <= e->t; m++)
			write_mark(f, r, m);
		if (written[e->kind]++ < MAX_OF_A_KIND)
			write_event(f, r, e);
	}
	for (; m < last; m++)
		write_mark(f, r, m);
	for (kind = 0; kind < EV_KINDS; kind++)
		if (written[kind] > MAX_OF_A_KIND)
			fprintf(f, "%zu more: %s\n", written[kind] - MAX_OF_A_KIND,
				event_names[kind].what);
	fclose(f);
}
