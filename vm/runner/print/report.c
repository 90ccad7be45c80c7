// SPDX-License-Identifier: GPL-2.0
/*
 * report.json: all results of a run, for programs.
 *
 *   scenario, kernel, control (loss is asserted), verdict, good, duration_s
 *   options            platform, without_preserve, stock, smp, mem_mib, iommu
 *   nics[]             model, preserved, sent, received, lost, duplicated, out_of_order, holes,
 *                      bad_checksum, written_by_emulator, untranslated,
 *                      written_after_final_look, blocked_by_fault (frames),
 *                      before, during, after, without_userspace,
 *                      latency_ms {median, p99, max, max_without_pauses (of the emulator)},
 *                      longest_gap_ms {before, during, after},
 *                      back_pressure (sends refused), max_queued_bytes
 *   total              the same over the NICs that stay preserved; latencies and gaps are the
 *                      worst of them; counted_in_rings, frames_of_unknown_nic
 *   pulse              answers, pauses and longest_pause_ms of the emulator's main loop
 *   window_s           [begin, end] in which the events below are judged
 *   events             each kind: {in_window (preserved NICs), all, first_s}
 *   dma_faults         kernel_log, emulator
 *   updates[]          phases_ms by name; previous_kernel_down_ms after the kexec began, and by
 *                      which event
 *   marks[]            name, kernel, s
 *   reported           the figures of the kernel under test under their own keys
 *   facts[]            name, result (ok, not ok, skip), why
 *   rules[]            name, holds, why
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

#include "judge/figures.h"
#include "judge/rules.h"
#include "platform.h"
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

static void put_figures(json *o, const struct device_figures *f)
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
	put_ms(ms, "max_without_pauses", f->max_undisturbed);
	ms = put_object(o, "longest_gap_ms");
	put_ms(ms, "before", f->gap_before);
	put_ms(ms, "during", f->gap_during);
	put_ms(ms, "after", f->gap_after);
}

static void put_nic(json *o, const struct run *r, int i)
{
	const struct device_needs *needs = &r->needs->device[i];
	const struct dma_device *d = &r->parsed->device[i];
	const struct sender *s = &r->live->sender[i];

	put_text(o, "model", needs->model);
	put_bool(o, "preserved", needs->role != ROLE_LEFT_BEHIND &&
		 needs->role != ROLE_IDLE && needs->role != ROLE_ROGUE);
	put_figures(o, &r->judged->device[i]);
	put(o, "written_by_emulator", d->nwrites);
	put(o, "untranslated", d->untranslated);
	put(o, "written_after_final_look", d->late);
	put(o, "blocked_by_fault", d->faulted);
	put(o, "back_pressure", s->back_pressure);
	put(o, "max_queued_bytes", s->max_queued);
}

static void put_nics(json *root, const struct run *r)
{
	json *list = put_array(root, "nics"), *o;
	const struct totals *t = &r->judged->total;
	int i;

	for (i = 0; i < r->needs->ndevices; i++)
		put_nic(append(list), r, i);
	o = put_object(root, "total");
	put_figures(o, &t->sum);
	put(o, "written_by_emulator", t->written);
	put(o, "untranslated", t->untranslated);
	put(o, "back_pressure", t->back_pressure);
	put(o, "max_queued_bytes", t->max_queued);
	put_bool(o, "counted_in_rings", t->counted);
	put(o, "frames_of_unknown_nic", r->parsed->unattributed);
}

static void put_events(json *root, const struct run *r)
{
	json *all = put_object(root, "events"), *o;
	int64_t seen[EV_KINDS] = {};
	const struct event *first;
	size_t i, n;

	for (i = 0; i < r->parsed->nevents; i++)
		seen[r->parsed->events[i].kind]++;
	for (i = 0; i < EV_KINDS; i++) {
		o = put_object(all, event_names[i].key);
		n = run_events(r, i, &first);
		put(o, "in_window", n);
		put(o, "all", seen[i]);
		if (n)
			put_real(o, "first_s", run_seconds(r, first->t), "%.6f");
	}
	o = put_object(root, "dma_faults");
	put(o, "kernel_log", run_logged_faults(r));
	put(o, "emulator", run_events(r, EV_FAULT, NULL) + run_events(r, EV_FAULT_RECORD, NULL));
}

static void put_updates(json *root, const struct run *r)
{
	json *list = put_array(root, "updates"), *o, *ms;
	int64_t begin, end, down;
	const char *how;
	size_t i;
	int u;

	for (u = 1; u <= r->needs->updates; u++) {
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
		put_ms(o, "previous_kernel_down_ms", down - run_mark_time(r, "reboot", u));
		put_text(o, "previous_kernel_down_by", how);
	}
}

static void put_marks(json *root, const struct run *r)
{
	const struct mark *m = r->live->marks, *end = m + r->live->nmarks;
	json *list = put_array(root, "marks"), *o;

	for (; m < end; m++) {
		o = append(list);
		put_text(o, "name", m->name);
		put(o, "kernel", m->kernel);
		put_real(o, "s", run_seconds(r, m->t), "%.6f");
	}
}

/* A figure that is a number to its last character is a number in the report. */
static void put_reported(json *root, const struct run *r)
{
	const struct fig *f = r->live->figs, *last = f + r->live->nfigs;
	json *o = put_object(root, "reported");
	int64_t n;
	char *end;

	for (; f < last; f++) {
		n = strtoll(f->value, &end, 0);
		if (*end || end == f->value)
			put_text(o, f->key, f->value);
		else
			put(o, f->key, n);
	}
}

static bool put_facts(json *root, const struct run *r)
{
	static const char *const results[] = { "ok", "not ok", "skip" };
	const struct fact *f = r->live->facts, *end = f + r->live->nfacts;
	json *list = put_array(root, "facts"), *o;
	bool good = true;

	for (; f < end; f++) {
		o = append(list);
		put_text(o, "name", f->text);
		put_text(o, "result", results[f->kind]);
		put_text(o, "why", f->why);
		good &= f->kind != FACT_NOT_OK;
	}
	return good;
}

static void put_rule(void *arg, const char *name, bool holds, const char *why)
{
	json *o = append(arg);

	put_text(o, "name", name);
	put_bool(o, "holds", holds);
	put_text(o, "why", why);
}

static void put_splats(json *root, const struct run *r)
{
	const struct splat *s = r->live->splats, *end = s + r->live->nsplats;
	json *list = put_array(root, "splats"), *o;

	for (; s < end; s++) {
		o = append(list);
		put(o, "kernel", s->kernel);
		put_text(o, "text", s->text);
	}
}

static void put_head(json *root, const struct run *r)
{
	json *o;

	put_text(root, "scenario", r->opt->scenario);
	put_text(root, "kernel", r->needs->kernel);
	put_bool(root, "control", r->control);
	put_real(root, "duration_s", run_seconds(r, r->live->end), "%.3f");
	o = put_object(root, "options");
	put_text(o, "platform", r->platform->name);
	put_bool(o, "without_preserve", r->opt->without_preserve);
	put_bool(o, "stock", r->opt->stock);
	put(o, "smp", r->needs->smp);
	put(o, "mem_mib", r->needs->mem);
	put_text(o, "iommu", r->opt->iommu ? r->opt->iommu : r->needs->iommu);
}

static void put_pulse(json *root, const struct run *r)
{
	const struct pulse *p = &r->live->pulse;
	json *o = put_object(root, "pulse");

	put(o, "answers", p->answers);
	put(o, "pauses", p->npauses);
	put_ms(o, "longest_pause_ms", p->longest);
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
	put_reported(root, r);
	good = put_facts(root, r);
	good &= rules_judge(r, put_rule, put_array(root, "rules"));
	put_splats(root, r);
	put_ms(put_object(root, "clock"), "skew_ms", r->live->clock_skew);
	put_bool(root, "good", good);
	put_text(root, "verdict", verdict_line(r, good));
	if (json_object_to_file_ext(path, root, JSON_C_TO_STRING_PRETTY |
				    JSON_C_TO_STRING_NOSLASHESCAPE))
		die("cannot write %s: %s", path, strerror(errno));
	json_object_put(root);
	free(path);
	return good;
}
