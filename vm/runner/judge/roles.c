// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that do not stay preserved: left behind by the previous kernel, or discarded or
 * isolated by the next one. They must write nothing from then on while frames still arrive for
 * them. A rogue device, left behind and still attempting DMA, must be blocked by the IOMMU.
 */
#include <stdio.h>

#include "device.h"
#include "figures.h"
#include "platform.h"
#include "rules.h"

static size_t count_between(const int64_t *times, size_t n, int64_t from, int64_t to)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += times[i] > from && times[i] <= to;
	return found;
}

static size_t written_between(const struct run *r, int device, int64_t from, int64_t to)
{
	const struct dma_device *d = &r->parsed->device[device];

	return count_between(d->writes, d->nwrites, from, to);
}

/*
 * A device outside the emulator is told that it is no bus master, and has answered before the next
 * event.
 */
static int64_t stopped_at(const struct run *r, int device, size_t event)
{
	if (device_kind(r->needs->device[device].model)->outside && event + 1 < r->parsed->nevents)
		event++;
	return r->parsed->events[event].t;
}

/* It had traffic, its bus mastering was cleared, and it wrote nothing from then on. */
static bool left_behind_silent(const struct run *r, int device, char *why)
{
	struct window w = run_window(r);
	const struct sender *s = &r->live->sender[device];
	int64_t before = r->judged->device[device].before, down = 0;
	const struct event *e;
	size_t i, late;

	for (i = 0; i < r->parsed->nevents && !down; i++) {
		e = &r->parsed->events[i];
		if (e->kind == EV_BME_CLEAR && e->device == device && e->t >= w.begin)
			down = stopped_at(r, device, i);
	}
	late = down ? written_between(r, device, down, w.end) : 0;
	if (!down)
		WHY("its bus mastering was never cleared");
	else if (!before || !s->offered || s->tx[s->offered - 1] < down)
		WHY("no traffic to prove it: %lld frames before", (long long)before);
	else if (late)
		WHY("%zu frames", late);
	return !*why;
}

static bool idle_silent(const struct run *r, int device, char *why)
{
	size_t written = written_between(r, device, 0, run_window(r).end);

	if (written)
		WHY("%zu frames", written);
	return !*why;
}

/* Each attempt of a rogue device is a fault from the previous kernel's last acts on. */
static bool rogue_blocked(const struct run *r, int device, char *why)
{
	int64_t before = r->judged->device[device].before;
	const char *how;
	int64_t down = kernel_down(r, 1, &how), to = run_window(r).end;
	int64_t from = run_mark_time(r, "reboot", 1);
	size_t i, late, attempts = 0;

	for (i = 0; i < r->parsed->nevents; i++) {
		const struct event *e = &r->parsed->events[i];

		attempts += e->kind == EV_FAULT && e->device == device && e->t > from &&
			    e->t <= to;
	}
	late = down ? written_between(r, device, down, to) : 0;
	if (!down)
		WHY("the end of the previous kernel was never seen");
	else if (late)
		WHY("%zu frames", late);
	else if (!attempts || !before)
		WHY("it made no attempt: %lld frames before, %zu faults after",
		    (long long)before, attempts);
	return !*why;
}

/* From mark nicN.quiet to mark nicN.used, or to the end of the kernel that reported it */
static bool quiet_in(const struct run *r, int device, int kernel, int64_t from, char *why)
{
	const struct sender *s = &r->live->sender[device];
	char name[40];
	int64_t to;
	size_t late;

	snprintf(name, sizeof(name), "nic%d.used", device);
	to = run_mark_time(r, name, kernel);
	if (!to)
		to = run_mark_time(r, "reboot", kernel);
	if (!to)
		to = run_window(r).end;
	late = written_between(r, device, from, to);
	if (late)
		WHY("%zu frames in kernel %d", late, kernel);
	else if (!count_between(s->tx, s->offered, from, to))
		WHY("no traffic to prove it in kernel %d", kernel);
	return !*why;
}

static bool discarded_silent(const struct run *r, int device, char *why)
{
	char name[40];
	int kernel, seen = 0;

	snprintf(name, sizeof(name), "nic%d.quiet", device);
	for (kernel = 2; kernel <= r->live->kernel && !*why; kernel++) {
		int64_t from = run_mark_time(r, name, kernel);

		if (from) {
			seen++;
			quiet_in(r, device, kernel, from, why);
		}
	}
	if (!seen)
		WHY("it was never reported to be quiet");
	return !*why;
}

#define HOSTILE_BYTES 64

/*
 * Its writes to the interrupt range while no kernel runs userspace: tried, none delivered. If they
 * count as the IOAPIC's: until the next kernel uses a table of its own, which has entries for that.
 */
static bool hostile_blocked(const struct run *r, int device, char *why)
{
	uint64_t address = run_fig_int(r, 0, "nic%d.interrupt_address", device);
	size_t i, tried = 0, delivered = 0;
	int update;

	for (update = 1; update <= r->needs->updates; update++) {
		int64_t from = interrupts_blocked(r, update);
		int64_t to = r->platform->dma_is_ioapic ? interrupts_set_up(r, update) :
							  run_mark_time(r, "hello", update + 1);

		for (i = 0; from && i < r->parsed->ninterrupts; i++) {
			const struct interrupt *w = &r->parsed->interrupts[i];

			if (w->t <= from || w->t >= to || w->address - address >= HOSTILE_BYTES)
				continue;
			tried += !w->delivered;
			delivered += w->delivered;
		}
	}
	WHY("%zu of %zu writes delivered", delivered, tried);
	return tried && !delivered;
}

static const struct {
	bool (*holds)(const struct run *r, int device, char *why);
	const char *name;
} rule[ROLES] = {
	[ROLE_LEFT_BEHIND] = { left_behind_silent,
		"NIC %d, left behind, wrote nothing after the previous kernel's shutdown" },
	[ROLE_IDLE] = { idle_silent, "NIC %d, not used, wrote nothing" },
	[ROLE_ROGUE] = { rogue_blocked,
		"NIC %d, left behind, attempted DMA and was blocked" },
	[ROLE_HOSTILE] = { hostile_blocked,
		"NIC %d, writing to the interrupt range, interrupted no kernel in the gap" },
	[ROLE_DISCARDED] = { discarded_silent,
		"NIC %d, isolated or discarded, wrote nothing before it was used again" },
};

bool rules_judge_roles(const struct run *r, rule_sink each, void *arg)
{
	char why[WHY_SIZE], name[96];
	bool all = true, holds;
	enum device_role role;
	int i;

	for (i = 0; i < r->needs->ndevices; i++) {
		role = r->needs->device[i].role;
		if (role == ROLE_PRESERVED)
			continue;
		*why = 0;
		holds = rule[role].holds(r, i, why);
		snprintf(name, sizeof(name), rule[role].name, i);
		each(arg, name, holds, why);
		all &= holds;
	}
	return all;
}
