// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict: tables of sentences, each with the function that finds out whether it is true.
 *
 * "No frame lost" alone proves little. The emulator delays frames while a NIC may not write
 * and delivers them later, it models neither bus mastering of bridges nor sleeping devices,
 * and DMA with translation off raises no fault. So a run must also show short latencies, an
 * IOMMU look-up for every frame, and none of the writes that would stop DMA on a real machine.
 * Times in which the emulator's main loop did not answer are left out of the latencies: then
 * nothing moved, DMA or not.
 *
 * Tables: every run; runs with preserved devices and traffic; controls, which must lose it.
 */
#include <stdio.h>

#include "figures.h"
#include "platform.h"
#include "rules.h"

#define LATENCY_BOUND	(250 * MSEC)

/* Figure @n must be 0. */
static bool zero(char *why, int64_t n, const char *what)
{
	if (n)
		WHY("%lld %s", (long long)n, what);
	return !n;
}

static bool no_events(const struct run *r, enum event_kind kind, char *why)
{
	const struct event *first = NULL;
	size_t n = run_events(r, kind, &first);

	if (n)
		WHY("%zu times, first at %.3f s: %s", n, run_seconds(r, first->t), first->text);
	return !n;
}

static bool ended(const struct run *r, char *why)
{
	enum run_end how = r->live->how;

	if (how == RUN_TIMEOUT)
		WHY("time-out after %d s in kernel %d, registers.log shows its CPUs",
		    r->needs->timeout, r->live->kernel);
	else if (how != RUN_ENDED)
		WHY("the machine stopped in kernel %d without 'end'", r->live->kernel);
	return how == RUN_ENDED;
}

static bool all_kernels(const struct run *r, char *why)
{
	int expected = r->needs->updates + 1;

	if (r->live->kernel != expected)
		WHY("%d of %d", r->live->kernel, expected);
	return r->live->kernel == expected;
}

static bool plan_complete(const struct run *r, char *why)
{
	int planned = r->live->planned;

	if (planned < 0)
		WHY("no plan was reported");
	else if ((size_t)planned != r->live->nfacts)
		WHY("planned %d, reported %zu", planned, r->live->nfacts);
	return planned >= 0 && (size_t)planned == r->live->nfacts;
}

static bool channel_clean(const struct run *r, char *why)
{
	return zero(why, r->live->protocol_errors, "invalid lines");
}

static bool trace_complete(const struct run *r, char *why)
{
	const struct parsed *p = r->parsed;

	if (!p->lines || p->unread)
		WHY("%zu of %zu lines not read", p->unread, p->lines);
	return p->lines && !p->unread;
}

static bool no_splat(const struct run *r, char *why)
{
	const struct live *l = r->live;

	if (l->nsplats)
		WHY("%zu lines, first in console-%d.log: %s", l->nsplats, l->splats[0].kernel,
		    l->splats[0].text);
	return !l->nsplats;
}

static const struct totals *total(const struct run *r)
{
	return &r->judged->total;
}

static bool none_lost(const struct run *r, char *why)
{
	const struct device_figures *s = &total(r)->sum;

	if (!total(r)->counted)
		WHY("the rings were never counted");
	else if (s->lost)
		WHY("%lld of %lld lost", (long long)s->lost, (long long)s->sent);
	return total(r)->counted && !s->lost && s->sent;
}

static bool none_twice(const struct run *r, char *why)
{
	return total(r)->counted && zero(why, total(r)->sum.dup, "frames twice");
}

static bool in_order(const struct run *r, char *why)
{
	return total(r)->counted && zero(why, total(r)->sum.order, "frames out of order");
}

static bool no_holes(const struct run *r, char *why)
{
	return total(r)->counted && zero(why, total(r)->sum.holes, "holes");
}

static bool sums_right(const struct run *r, char *why)
{
	return total(r)->counted && zero(why, total(r)->sum.badsum, "bad frames");
}

static bool counts_agree(const struct run *r, char *why)
{
	int64_t written = total(r)->written, received = total(r)->sum.received;
	size_t unknown = r->parsed->unattributed;

	if (written != received || unknown)
		WHY("written %lld, found in the rings %lld, of unknown NIC %zu",
		    (long long)written, (long long)received, unknown);
	return written == received && !unknown;
}

static bool flowed_throughout(const struct run *r, char *why)
{
	const struct device_figures *s = &total(r)->sum;

	WHY("%lld before, %lld during, %lld after", (long long)s->before, (long long)s->during,
	    (long long)s->after);
	return s->before && s->during && s->after;
}

static bool flowed_in_silence(const struct run *r, char *why)
{
	int u;

	for (u = 1; u <= r->needs->updates; u++)
		if (!run_mark(r, "reboot", u))
			WHY("no kexec %d", u);
	return !*why && total(r)->sum.silent > 0;
}

static bool mostly_alive(const struct run *r, char *why)
{
	const struct live *l = r->live;
	int64_t paused = pulse_missed(&l->pulse, l->start, l->end);

	WHY("%zu answers, %zu of them late, %.0f ms in pauses, the longest %.0f ms",
	    l->pulse.answers, l->pulse.npauses, paused / 1e6, l->pulse.longest / 1e6);
	return l->pulse.answers && paused < (l->end - l->start) / 2;
}

static bool quick(const struct run *r, char *why)
{
	const struct device_figures *s = &total(r)->sum;

	WHY("slowest %.1f ms, %.1f ms without pauses, 99%% within %.1f ms", s->max / 1e6,
	    s->max_undisturbed / 1e6, s->p99 / 1e6);
	return total(r)->written && s->max_undisturbed < LATENCY_BOUND;
}

static bool translated(const struct run *r, char *why)
{
	return total(r)->written && zero(why, total(r)->untranslated, "frames without a look-up");
}

static size_t written_from(const struct run *r, int64_t from)
{
	const struct event *e = r->parsed->events, *end = e + r->parsed->nevents;
	int64_t to = run_window(r).end;
	size_t n = 0, k;
	int i;

	for (; e < end; e++)
		if (e->kind == EV_TE_ON && e->t > from && e->t < to)
			to = e->t;
	for (i = 0; i < r->needs->ndevices; i++)
		for (k = 0; k < r->parsed->device[i].nwrites; k++)
			n += r->parsed->device[i].writes[k] > from &&
			     r->parsed->device[i].writes[k] < to;
	return n;
}

static bool silent_while_off(const struct run *r, char *why)
{
	size_t i, off = 0, written = 0;

	for (i = 0; i < r->parsed->nevents; i++) {
		if (r->parsed->events[i].kind != EV_TE_OFF)
			continue;
		off++;
		written += written_from(r, r->parsed->events[i].t);
	}
	WHY("it was off %zu times, %zu frames were written", off, written);
	return off && !written;
}

static bool no_logged_fault(const struct run *r, char *why)
{
	return zero(why, run_logged_faults(r), "reports");
}

#define EVENT_RULE(func, kind) \
	static bool func(const struct run *r, char *why) { return no_events(r, kind, why); }

EVENT_RULE(no_fault, EV_FAULT)
EVENT_RULE(no_fault_record, EV_FAULT_RECORD)
EVENT_RULE(no_null, EV_NULL_DESC)
EVENT_RULE(never_full, EV_RINGS_FULL)
EVENT_RULE(never_disabled, EV_RX_DISABLED)
EVENT_RULE(translation_never_off, EV_TE_OFF)
EVENT_RULE(remapping_never_off, EV_IR_OFF)
EVENT_RULE(master_kept, EV_BME_CLEAR)
EVENT_RULE(awake, EV_POWER)
EVENT_RULE(no_reset, EV_RESET)
EVENT_RULE(no_sizing, EV_BAR_SIZING)
EVENT_RULE(ats_kept, EV_ATS_OFF)

static const struct rule always[] = {
	{ "the scenario reached its end in time", ended },
	{ "every kernel of the scenario reached userspace", all_kernels },
	{ "as many facts were reported as planned", plan_complete },
	{ "every line on the verdict channel was valid", channel_clean },
	{ "every line of the emulator's trace was read", trace_complete },
	{ "no kernel printed a warning or worse", no_splat },
};

static const struct rule traffic[] = {
	{ "every frame sent was received", none_lost },
	{ "no frame was received twice", none_twice },
	{ "frames were received in the order they were sent", in_order },
	{ "the receive rings have no holes", no_holes },
	{ "every frame's checksum and pattern are right", sums_right },
	{ "frames written by the emulator = frames found in the rings", counts_agree },
	{ "every frame's DMA was translated by the IOMMU", translated },
	{ "translation was never switched off", translation_never_off },
	{ "no DMA fault was raised (emulator)", no_fault },
	{ "no fault record was written (emulator)", no_fault_record },
	{ "no DMA fault was reported (kernel log)", no_logged_fault },
	{ "the NIC never read an empty descriptor", no_null },
	{ "the receive ring was never full", never_full },
	{ "the receiver was never unable to write", never_disabled },
	{ "bus mastering of NIC and bridges was never cleared", master_kept },
	{ "NIC and bridges were never put to sleep", awake },
	{ "nothing reset the NIC", no_reset },
	{ "no BAR of the NIC was sized", no_sizing },
	{ "ATS of the NIC was never switched off", ats_kept },
	{ "the emulator answered during most of the run", mostly_alive },
	{ "no frame took 250 ms to memory while the emulator answered", quick },
};

/* No device stays preserved, on purpose */
static const struct rule none_preserved[] = {
	{ "translation was never switched off", translation_never_off },
};

static const struct rule translation_off[] = {
	{ "no NIC wrote while translation was off", silent_while_off },
};

static const struct rule kexec_traffic[] = {
	{ "frames flowed before, during and after the update", flowed_throughout },
	{ "frames flowed while no kernel ran userspace", flowed_in_silence },
};

static bool logs_off(const struct run *r, char *why)
{
	int u;

	for (u = 1; u <= r->needs->updates && !*why; u++)
		if (!log_was_off(r, u))
			WHY("it was on in update %d", u);
	return !*why;
}

static const struct rule logs[] = {
	{ "the IOMMU's logs and command buffer were off from kernel to kernel", logs_off },
};

/* Until the next kernel uses its own table */
static bool none_delivered(const struct run *r, char *why)
{
	size_t i, tried = 0, delivered = 0;
	int u;

	for (u = 1; u <= r->needs->updates; u++) {
		int64_t from = interrupts_blocked(r, u), to = interrupts_set_up(r, u);

		for (i = 0; from && i < r->parsed->ninterrupts; i++) {
			const struct interrupt *w = &r->parsed->interrupts[i];

			tried += !w->delivered && w->t > from && w->t < to;
			delivered += w->delivered && w->t > from && w->t < to;
		}
	}
	WHY("%zu of %zu requests delivered", delivered, tried);
	return !delivered && (tried || !*r->needs->hostile);
}

static const struct rule remapping[] = {
	{ "interrupt remapping was never switched off", remapping_never_off },
	{ "no interrupt was delivered from kernel to kernel", none_delivered },
};

static bool some_before(const struct run *r, char *why)
{
	WHY("%lld frames", (long long)total(r)->sum.before);
	return total(r)->sum.before > 0;
}

static bool some_lost(const struct run *r, char *why)
{
	const struct device_figures *s = &total(r)->sum;

	WHY("%lld of %lld lost", (long long)s->lost, (long long)s->sent);
	return s->lost > 0;
}

static bool cause_known(const struct run *r, char *why)
{
	static const enum event_kind causes[] = {
		EV_BME_CLEAR, EV_TE_OFF, EV_FAULT, EV_RESET, EV_NULL_DESC,
	};
	const struct event *first = NULL, *e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (run_events(r, causes[i], &e) && (!first || e->t < first->t))
			first = e;
	if (first)
		WHY("at %.3f s: %s", run_seconds(r, first->t), first->text);
	return first;
}

static const struct rule control[] = {
	{ "control: frames flowed before the update", some_before },
	{ "control: frames were lost", some_lost },
	{ "control: the cause is seen", cause_known },
};

static bool judge_table(const struct run *r, const struct rule *rules, size_t n, rule_sink each,
			void *arg)
{
	char why[WHY_SIZE];
	bool all = true, holds;
	size_t i;

	for (i = 0; i < n; i++) {
		*why = 0;
		holds = rules[i].holds(r, why);
		each(arg, rules[i].name, holds, why);
		all &= holds;
	}
	return all;
}

#define JUDGE(table) judge_table(r, table, ARRAY_SIZE(table), each, arg)

bool rules_judge(const struct run *r, rule_sink each, void *arg)
{
	bool all = JUDGE(always);

	if (r->control)
		return JUDGE(control) && all;
	if (r->needs->remapping_stays_on)
		all &= JUDGE(remapping);
	if (!r->live->any_tx)
		return all;
	if (!total(r)->devices) {
		all &= r->needs->translation_goes_off ? JUDGE(translation_off) : JUDGE(none_preserved);
		return rules_judge_outside(r, each, arg) & rules_judge_roles(r, each, arg) & all;
	}
	all &= JUDGE(traffic);
	if (r->needs->updates)
		all &= JUDGE(kexec_traffic);
	if (r->needs->guest_sends)
		all &= rules_judge_guest(r, each, arg);
	if (r->needs->updates && r->platform->logs)
		all &= JUDGE(logs);
	return rules_judge_outside(r, each, arg) & rules_judge_roles(r, each, arg) & all;
}
