// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict: tables of sentences, each with the function that finds out if it is true.
 *
 * "No frame lost" alone proves little. The emulator holds frames back while a NIC may not
 * write and delivers them late, it does not model bus mastering of bridges or sleeping
 * devices, and DMA with translation off raises no fault. So a run must also show short
 * latencies, an IOMMU look-up for every frame, and none of the writes that would stop DMA on a
 * real machine. Times in which the emulator's main loop answered nobody are left out of the
 * latencies: then nothing moved, DMA or not.
 *
 * Tables: every run; runs with traffic that must go on, and how quickly; controls that must
 * lose it.
 */
#include <stdio.h>
#include <string.h>

#include "qemu/pulse.h"
#include "qemu/trace.h"
#include "rules.h"

#define WHY(...) snprintf(why, WHY_SIZE, __VA_ARGS__)

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

static bool ended(const struct run *r, const struct totals *t, char *why)
{
	(void)t;
	if (r->how == RUN_TIMEOUT)
		WHY("time-out after %d s in kernel %d, registers.log says where its CPUs were",
		    r->needs.timeout, r->stage);
	else if (r->how != RUN_ENDED)
		WHY("the machine stopped in kernel %d without 'end'", r->stage);
	return r->how == RUN_ENDED;
}

static bool all_kernels(const struct run *r, const struct totals *t, char *why)
{
	(void)t;
	if (r->stage != r->needs.updates + 1)
		WHY("%d of %d", r->stage, r->needs.updates + 1);
	return r->stage == r->needs.updates + 1;
}

static bool plan_kept(const struct run *r, const struct totals *t, char *why)
{
	(void)t;
	if (r->planned < 0)
		WHY("the guest gave no plan");
	else if ((size_t)r->planned != r->nfacts)
		WHY("planned %d, said %zu", r->planned, r->nfacts);
	return r->planned >= 0 && (size_t)r->planned == r->nfacts;
}

static bool channel_clean(const struct run *r, const struct totals *t, char *why)
{
	(void)t;
	return zero(why, r->protocol_errors, "lines that are no protocol");
}

static bool no_splat(const struct run *r, const struct totals *t, char *why)
{
	(void)t;
	if (r->nsplats)
		WHY("%zu lines, first in console-%d.log: %s", r->nsplats, r->splats[0].stage,
		    r->splats[0].text);
	return !r->nsplats;
}

static bool none_lost(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	if (!t->counted)
		WHY("the guest never counted its ring");
	else if (t->sum.lost)
		WHY("%lld of %lld lost", (long long)t->sum.lost, (long long)t->sum.sent);
	return t->counted && !t->sum.lost && t->sum.sent;
}

static bool none_twice(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	return t->counted && zero(why, t->sum.dup, "frames twice");
}

static bool in_order(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	return t->counted && zero(why, t->sum.order, "frames out of order");
}

static bool no_holes(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	return t->counted && zero(why, t->sum.holes, "holes");
}

static bool sums_right(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	return t->counted && zero(why, t->sum.badsum, "bad frames");
}

static bool counts_agree(const struct run *r, const struct totals *t, char *why)
{
	if ((int64_t)t->written != t->sum.received || r->unattributed)
		WHY("written %zu, found in the rings %lld, of unknown NIC %zu", t->written,
		    (long long)t->sum.received, r->unattributed);
	return (int64_t)t->written == t->sum.received && !r->unattributed;
}

static bool flowed_throughout(const struct run *r, const struct totals *t, char *why)
{
	const struct nic_figures *s = &t->sum;

	(void)r;
	WHY("%lld before, %lld during, %lld after", (long long)s->before, (long long)s->during,
	    (long long)s->after);
	return s->before && s->during && s->after;
}

static bool flowed_in_silence(const struct run *r, const struct totals *t, char *why)
{
	int u;

	for (u = 1; u <= r->needs.updates; u++)
		if (!run_mark(r, "reboot", u))
			WHY("no kexec %d", u);
	return !*why && t->sum.silent > 0;
}

static bool mostly_alive(const struct run *r, const struct totals *t, char *why)
{
	int64_t paused = pulse_missed(&r->pulse, r->t0, r->t_end);

	(void)t;
	WHY("%zu answers, %zu of them late, %.0f ms in pauses, the longest %.0f ms",
	    r->pulse.beats, r->pulse.npauses, paused / 1e6, r->pulse.longest / 1e6);
	return r->pulse.beats && paused < (r->t_end - r->t0) / 2;
}

static bool quick(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	WHY("slowest %.1f ms, %.1f ms without pauses, 99%% within %.1f ms", t->sum.max / 1e6,
	    t->sum.held / 1e6, t->sum.p99 / 1e6);
	return t->written && t->sum.held < LATENCY_BOUND;
}

static bool translated(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	return t->written && zero(why, t->untranslated, "frames without a look-up");
}

static bool guest_fault_free(const struct run *r, const struct totals *t, char *why)
{
	(void)t;
	return zero(why, run_guest_faults(r), "reports");
}

#define EVENT_RULE(func, kind) \
	static bool func(const struct run *r, const struct totals *t, char *why) \
	{ \
		(void)t; \
		return no_events(r, kind, why); \
	}

EVENT_RULE(no_fault, EV_FAULT)
EVENT_RULE(no_fault_record, EV_FAULT_RECORD)
EVENT_RULE(no_null, EV_NULL_DESC)
EVENT_RULE(never_full, EV_RINGS_FULL)
EVENT_RULE(never_disabled, EV_RX_DISABLED)
EVENT_RULE(never_off, EV_TE_OFF)
EVENT_RULE(master_kept, EV_BME_CLEAR)
EVENT_RULE(awake, EV_POWER)
EVENT_RULE(no_reset, EV_RESET)
EVENT_RULE(no_sizing, EV_BAR_SIZING)

static const struct rule always[] = {
	{ "the scenario reached its end in time", ended },
	{ "every kernel of the scenario reached userspace", all_kernels },
	{ "the guest said as many facts as it planned", plan_kept },
	{ "the verdict channel carried nothing but the protocol", channel_clean },
	{ "no kernel printed a warning or worse", no_splat },
};

static const struct rule traffic[] = {
	{ "every frame sent was received", none_lost },
	{ "no frame was received twice", none_twice },
	{ "frames were received in the order they were sent", in_order },
	{ "the receive rings have no holes", no_holes },
	{ "every frame's checksum and pattern are right", sums_right },
	{ "frames written by the emulator = frames found in the rings", counts_agree },
	{ "frames flowed before, during and after the update", flowed_throughout },
	{ "every frame's DMA went through the IOMMU's tables", translated },
	{ "translation was never switched off", never_off },
	{ "no DMA fault was raised (emulator)", no_fault },
	{ "no fault record was written (emulator)", no_fault_record },
	{ "no DMA fault was reported (guest)", guest_fault_free },
	{ "the NIC never read an empty descriptor", no_null },
	{ "the receive ring was never full", never_full },
	{ "the receiver was never unable to write", never_disabled },
	{ "bus mastering of NIC and bridges was never cleared", master_kept },
	{ "NIC and bridges were never put to sleep", awake },
	{ "nothing reset the NIC", no_reset },
	{ "no BAR of the NIC was sized", no_sizing },
	{ "the emulator answered during most of the run", mostly_alive },
	{ "no frame took 250 ms to memory while the emulator answered", quick },
};

/* None of the NICs goes on, on purpose */
static const struct rule no_traffic[] = {
	{ "translation was never switched off", never_off },
};

static const struct rule kexec_traffic[] = {
	{ "frames flowed while no kernel ran userspace", flowed_in_silence },
};

static bool some_before(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	WHY("%lld frames", (long long)t->sum.before);
	return t->sum.before > 0;
}

static bool some_lost(const struct run *r, const struct totals *t, char *why)
{
	(void)r;
	WHY("%lld of %lld lost", (long long)t->sum.lost, (long long)t->sum.sent);
	return t->sum.lost > 0;
}

static bool cause_known(const struct run *r, const struct totals *t, char *why)
{
	static const enum event_kind causes[] = {
		EV_BME_CLEAR, EV_TE_OFF, EV_FAULT, EV_RESET, EV_NULL_DESC,
	};
	const struct event *first = NULL, *e;
	size_t i;

	(void)t;
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

static bool judge_table(const struct run *r, const struct totals *t, const struct rule *rules,
			size_t n, rule_sink each, void *arg)
{
	char why[WHY_SIZE];
	bool all = true, held;
	size_t i;

	for (i = 0; i < n; i++) {
		*why = 0;
		held = rules[i].holds(r, t, why);
		each(arg, rules[i].name, held, why);
		all &= held;
	}
	return all;
}

#define JUDGE(table) judge_table(r, &t, table, sizeof(table) / sizeof(*(table)), each, arg)

bool rules_judge(const struct run *r, rule_sink each, void *arg)
{
	struct totals t = figures_total(r);
	bool all = JUDGE(always);

	if (r->negative)
		return JUDGE(control) && all;
	if (!r->any_tx)
		return all;
	if (!t.judged) {
		all &= JUDGE(no_traffic);
		return rules_judge_others(r, each, arg) && all;
	}
	all &= JUDGE(traffic);
	if (r->needs.updates)
		all &= JUDGE(kexec_traffic);
	return rules_judge_others(r, each, arg) && all;
}
