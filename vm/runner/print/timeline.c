// SPDX-License-Identifier: GPL-2.0
/*
 * events.log: what happened when, marks and emulator events merged by time, for people who
 * look for the reason of a failure. A storm of equal events is cut after MAX_OF_A_KIND lines
 * and the rest counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/trace.h"
#include "timeline.h"

#define MAX_OF_A_KIND 200

static void write_mark(FILE *f, const struct run *r, const struct mark *m)
{
	fprintf(f, "%10.6f kernel %d  %s\n", run_seconds(r, m->t), m->stage, m->name);
}

static void write_event(FILE *f, const struct run *r, const struct event *e)
{
	char who[16] = "machine";

	if (e->nic >= 0)
		snprintf(who, sizeof(who), "nic %d", e->nic);
	fprintf(f, "%10.6f %-8s  %s: %s\n", run_seconds(r, e->t), who,
		event_names[e->kind].what, e->text);
}

void timeline_write(const struct run *r)
{
	char *path = text("%s/events.log", r->out);
	size_t written[EV_KINDS] = {}, m = 0, e;
	FILE *f = fopen(path, "w");

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	for (e = 0; e < r->nevents; e++) {
		for (; m < r->nmarks && r->marks[m].t <= r->events[e].t; m++)
			write_mark(f, r, &r->marks[m]);
		if (written[r->events[e].kind]++ < MAX_OF_A_KIND)
			write_event(f, r, &r->events[e]);
	}
	for (; m < r->nmarks; m++)
		write_mark(f, r, &r->marks[m]);
	for (e = 0; e < EV_KINDS; e++)
		if (written[e] > MAX_OF_A_KIND)
			fprintf(f, "%zu more: %s\n", written[e] - MAX_OF_A_KIND,
				event_names[e].what);
	fclose(f);
	free(path);
}
