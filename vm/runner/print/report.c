// SPDX-License-Identifier: GPL-2.0
/*
 * report.json: everything a run found out, for machines.
 *
 *   scenario, kernel, control (loss is asserted), verdict, good, duration_s
 *   options            without_preserve, stock, nics, smp, mem_mib, iommu
 *   nics[]             model, preserved, sent, received, lost, duplicated, out_of_order, holes,
 *                      bad_checksum, written_by_emulator, untranslated, written_after_final_look,
 *                      kept_out_by_fault (frames),
 *                      before, during, after, without_userspace,
 *                      latency_ms {median, p99, max, held (max without the emulator's
 *                      pauses)}, longest_gap_ms {before, during, after},
 *                      back_pressure (sends refused), max_queued_bytes
 *   total              the same over the NICs that were to be preserved; latencies and gaps
 *                      are the worst of them; counted_by_guest
 *   pulse              answers, pauses and longest_pause_ms of the emulator's main loop
 *   window_s           [begin, end] in which the events below are judged
 *   events             each kind: {in_window, all, first_s} (judged NICs / everything seen)
 *   dma_faults         guest, emulator
 *   updates[]          phases_ms by name; old_kernel_down_ms after the kexec began, and by what
 *   marks[]            name, stage, s
 *   guest              the figures the guest reported under their own keys
 *   facts[]            name, result (ok, not ok, skip), why
 *   rules[]            name, held, why
 *   splats[]           kernel, text
 *   clock              skew_ms: worst delay between a mark and its arrival at the runner
 *
 * Times in _s count from the start of the emulator.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/rules.h"
#include "qemu/trace.h"
#include "report.h"
#include "verdict.h"

typedef struct json_object json;

static void put(json *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, json_object_new_int64(n));
}

static void put_real(json *o, const char *key, double x, const char *fmt)
{
	char s[40];

	snprintf(s, sizeof(s), fmt, x);
	json_object_object_add(o, key, json_object_new_double_s(x, s));
}

static void put_text(json *o, const char *key, const char *s)
{
	json_object_object_add(o, key, json_object_new_string(s));
}

static void put_bool(json *o, const char *key, bool b)
{
	json_object_object_add(o, key, json_object_new_boolean(b));
}

static json *put_object(json *o, const char *key)
{
	json *child = json_object_new_object();

	json_object_object_add(o, key, child);
	return child;
}

static json *put_array(json *o, const char *key)
{
	json *child = json_object_new_array();

	json_object_object_add(o, key, child);
	return child;
}

static json *append(json *array)
{
	json *o = json_object_new_object();

	json_object_array_add(array, o);
	return o;
}

static void put_ms(json *o, const char *key, int64_t ns)
{
	put_real(o, key, ns / 1e6, "%.3f");
}

static void put_figures(json *o, const struct nic_figures *f)
{
	json *ms;

	put(o, "sent", f->sent);
	put(o, "received", f->received);
	put(o, "lost", f->lost);
	put(o, "duplicated", f->dup);
	put(o, "out_of_order", f->order);
	put(o, "holes", f->holes);
	put(o, "bad_checksum", f->badsum);
	put(o, "before", f->before);
	put(o, "during", f->during);
	put(o, "after", f->after);
	put(o, "without_userspace", f->silent);
	ms = put_object(o, "latency_ms");
	put_ms(ms, "median", f->p50);
	put_ms(ms, "p99", f->p99);
	put_ms(ms, "max", f->max);
	put_ms(ms, "held", f->held);
	ms = put_object(o, "longest_gap_ms");
	put_ms(ms, "before", f->gap_before);
	put_ms(ms, "during", f->gap_during);
	put_ms(ms, "after", f->gap_after);
}

static void put_nics(json *root, const struct run *r)
{
	json *list = put_array(root, "nics"), *o;
	struct totals t = figures_total(r);
	int i;

	for (i = 0; i < r->needs.nnics; i++) {
		const struct nic *nic = &r->nic[i];

		o = append(list);
		put_text(o, "model", r->needs.model[i]);
		put_bool(o, "preserved", r->needs.fate[i] == GOES_ON || r->needs.fate[i] == GIVEN_UP);
		put_figures(o, &nic->fig);
		put(o, "written_by_emulator", nic->ndma);
		put(o, "untranslated", nic->untranslated);
		put(o, "written_after_final_look", nic->late);
		put(o, "kept_out_by_fault", nic->faulted);
		put(o, "back_pressure", nic->sender.back_pressure);
		put(o, "max_queued_bytes", nic->sender.max_queued);
	}
	o = put_object(root, "total");
	put_figures(o, &t.sum);
	put(o, "written_by_emulator", t.written);
	put(o, "untranslated", t.untranslated);
	put(o, "back_pressure", t.back_pressure);
	put(o, "max_queued_bytes", t.max_queued);
	put_bool(o, "counted_by_guest", t.counted);
	put(o, "frames_of_unknown_nic", r->unattributed);
}

static void put_events(json *root, const struct run *r)
{
	json *all = put_object(root, "events"), *o;
	int64_t seen[EV_KINDS] = {};
	const struct event *first;
	size_t i, n;

	for (i = 0; i < r->nevents; i++)
		seen[r->events[i].kind]++;
	for (i = 0; i < EV_KINDS; i++) {
		o = put_object(all, event_names[i].key);
		n = run_events(r, i, &first);
		put(o, "in_window", n);
		put(o, "all", seen[i]);
		if (n)
			put_real(o, "first_s", run_seconds(r, first->t), "%.6f");
	}
	o = put_object(root, "dma_faults");
	put(o, "guest", run_guest_faults(r));
	put(o, "emulator", run_events(r, EV_FAULT, NULL) + run_events(r, EV_FAULT_RECORD, NULL));
}

static void put_updates(json *root, const struct run *r)
{
	json *list = put_array(root, "updates"), *o, *ms;
	int64_t begin, end, down;
	const char *how;
	size_t i;
	int u;

	for (u = 1; u <= r->needs.updates; u++) {
		o = append(list);
		ms = put_object(o, "phases_ms");
		for (i = 0; i < nphases; i++)
			if (phase_span(r, &phases[i], u, &begin, &end))
				put_ms(ms, phases[i].key, end - begin);
		if (kernel_frozen(r, u))
			put_ms(ms, "freeze", kernel_frozen(r, u) - run_mark_time(r, "reboot", u));
		down = kernel_down(r, u, &how);
		if (!down)
			continue;
		put_ms(o, "old_kernel_down_ms", down - run_mark_time(r, "reboot", u));
		put_text(o, "old_kernel_down_by", how);
	}
}

static void put_marks(json *root, const struct run *r)
{
	json *list = put_array(root, "marks"), *o;
	size_t i;

	for (i = 0; i < r->nmarks; i++) {
		o = append(list);
		put_text(o, "name", r->marks[i].name);
		put(o, "stage", r->marks[i].stage);
		put_real(o, "s", run_seconds(r, r->marks[i].t), "%.6f");
	}
}

/* A figure that is a number to its last character is a number in the report. */
static void put_guest(json *root, const struct run *r)
{
	json *o = put_object(root, "guest");
	size_t i;

	for (i = 0; i < r->nfigs; i++) {
		const char *value = r->figs[i].value;
		char *end;
		int64_t n = strtoll(value, &end, 0);

		if (*end || end == value)
			put_text(o, r->figs[i].key, value);
		else
			put(o, r->figs[i].key, n);
	}
}

static bool put_facts(json *root, const struct run *r)
{
	static const char *const results[] = { "ok", "not ok", "skip" };
	json *list = put_array(root, "facts"), *o;
	bool good = true;
	size_t i;

	for (i = 0; i < r->nfacts; i++) {
		o = append(list);
		put_text(o, "name", r->facts[i].text);
		put_text(o, "result", results[r->facts[i].kind]);
		put_text(o, "why", r->facts[i].why);
		good &= r->facts[i].kind != FACT_NOT_OK;
	}
	return good;
}

static void put_rule(void *arg, const char *name, bool held, const char *why)
{
	json *o = append(arg);

	put_text(o, "name", name);
	put_bool(o, "held", held);
	put_text(o, "why", why);
}

static void put_splats(json *root, const struct run *r)
{
	json *list = put_array(root, "splats"), *o;
	size_t i;

	for (i = 0; i < r->nsplats; i++) {
		o = append(list);
		put(o, "kernel", r->splats[i].stage);
		put_text(o, "text", r->splats[i].text);
	}
}

static void put_head(json *root, const struct run *r)
{
	json *o;

	put_text(root, "scenario", r->opt->scenario);
	put_text(root, "kernel", r->needs.kernel);
	put_bool(root, "control", r->negative);
	put_real(root, "duration_s", run_seconds(r, r->t_end), "%.3f");
	o = put_object(root, "options");
	put_bool(o, "without_preserve", r->opt->without_preserve);
	put_bool(o, "stock", r->opt->stock);
	put(o, "smp", r->needs.smp);
	put(o, "mem_mib", r->needs.mem);
	put_text(o, "iommu", r->opt->iommu ? r->opt->iommu : r->needs.iommu);
}

static void put_pulse(json *root, const struct run *r)
{
	json *o = put_object(root, "pulse");

	put(o, "answers", r->pulse.beats);
	put(o, "pauses", r->pulse.npauses);
	put_ms(o, "longest_pause_ms", r->pulse.longest);
}

static void put_window(json *root, const struct run *r)
{
	struct window w = run_window(r);
	json *list = put_array(root, "window_s");

	json_object_array_add(list, json_object_new_double(run_seconds(r, w.begin)));
	json_object_array_add(list, json_object_new_double(run_seconds(r, w.end)));
}

bool report_write(const struct run *r)
{
	json *root = json_object_new_object();
	char *path = text("%s/report.json", r->out);
	bool good;

	put_head(root, r);
	put_nics(root, r);
	put_pulse(root, r);
	put_window(root, r);
	put_events(root, r);
	put_updates(root, r);
	put_marks(root, r);
	put_guest(root, r);
	good = put_facts(root, r);
	good &= rules_judge(r, put_rule, put_array(root, "rules"));
	put_splats(root, r);
	put_ms(put_object(root, "clock"), "skew_ms", r->clock_skew);
	put_bool(root, "good", good);
	put_text(root, "verdict", verdict_line(r, good));
	if (json_object_to_file_ext(path, root, JSON_C_TO_STRING_PRETTY |
				    JSON_C_TO_STRING_NOSLASHESCAPE))
		die("cannot write %s: %s", path, strerror(errno));
	json_object_put(root);
	free(path);
	return good;
}
