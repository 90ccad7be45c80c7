// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu report: the cost of the last update, phase by phase, on this kernel's clock. A time
 * before its start is negative.
 *
 * The source is the trace buffer; events must be on from boot, by trace_event=iommu_liveupdate
 * on the command line. The previous kernel's steps and the start of the kexec are in the note
 * of its iolu (host/update_note.c). A phase that is in neither is reported as not known.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/update_note.h"
#include "out/print.h"
#include "out/svg.h"
#include "host/trace.h"
#include "host/tsc.h"

#define KEXEC	"kexec"
#define BOOT	"boot"

/* The steps of both kernels, in the order of an update */
static const struct {
	const char *step, *phase;
} phases[] = {
	{ "preserve_domain", "preserve HWPT" },
	{ "preserve_device", "preserve device" },
	{ KEXEC, "freeze and kexec" },
	{ BOOT, "boot to userspace" },
	{ "restore_domain", "restore HWPT at boot" },
	{ "attach_device", "attach device at boot" },
	{ "block_device", "isolate device" },
	{ "retrieve_device", "retrieve device" },
	{ "adopt", "adopt table" },
	{ "finish_device", "finish device" },
	{ "discard_domain", "discard HWPT" },
};

static double us(int64_t ns)
{
	return (double)ns / 1000;
}

static void add_double(struct json_object *to, const char *key, const char *fmt, double value)
{
	char text[32];

	snprintf(text, sizeof(text), fmt, value);
	json_object_object_add(to, key, json_object_new_double_s(value, text));
}

static void add_phase(struct json_object *list, size_t p, const struct steps *steps)
{
	struct json_object *o;
	double first = 0, last = 0, total = 0, longest = 0;
	int i, n = 0, failed = 0;

	for (i = 0; i < steps->n; i++) {
		const struct step *s = &steps->step[i];

		if (strcmp(s->name, phases[p].step))
			continue;
		first = n++ ? first : s->end - us(s->ns);
		last = s->end;
		total += us(s->ns);
		longest = us(s->ns) > longest ? us(s->ns) : longest;
		failed += s->ret != 0;
	}
	if (!n)
		return;
	o = json_object_new_object();
	json_object_object_add(o, "phase", json_object_new_string(phases[p].phase));
	json_object_object_add(o, "times", json_object_new_int(n));
	json_object_object_add(o, "failed", json_object_new_int(failed));
	add_double(o, "total_us", "%.1f", total);
	add_double(o, "longest_us", "%.1f", longest);
	add_double(o, "began_s", "%.6f", first / 1e6);
	add_double(o, "ended_s", "%.6f", last / 1e6);
	json_object_array_add(list, o);
}

static int write_picture(const struct call *call, struct json_object *list)
{
	const char *path = call_get(call, "svg");
	struct svg_bar bars[ARRAY_SIZE(phases)];
	size_t i, n = json_object_array_length(list);

	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		bars[i].name = json_object_get_string(json_object_object_get(o, "phase"));
		bars[i].from = json_object_get_double(json_object_object_get(o, "began_s"));
		bars[i].to = json_object_get_double(json_object_object_get(o, "ended_s"));
		bars[i].sum = json_object_get_double(json_object_object_get(o, "total_us"));
	}
	return path ? svg_write(path, bars, n) : 0;
}

/* -- the note of the previous kernel's iolu -- */

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *value = json_object_object_get(o, key);

	return value ? json_object_get_string(value) : "";
}

static bool add_step(struct steps *steps, const struct step *step)
{
	struct step *more = realloc(steps->step, (steps->n + 1) * sizeof(*more));

	if (!more)
		return false;
	steps->step = more;
	more[steps->n++] = *step;
	return true;
}

/* An object can be preserved more than once; the last time counts. */
static bool is_last(struct json_object *list, size_t at)
{
	struct json_object *o = json_object_array_get_idx(list, at), *later;

	for (at++; at < json_object_array_length(list); at++) {
		later = json_object_array_get_idx(list, at);
		if (!strcmp(text_of(o, "step"), text_of(later, "step")) &&
		    !strcmp(text_of(o, "object"), text_of(later, "object")))
			return false;
	}
	return true;
}

/* @shift: from the previous kernel's clock to this one's, in microseconds */
static void add_noted_steps(struct steps *steps, struct json_object *list, double shift)
{
	size_t i;

	for (i = 0; json_object_is_type(list, json_type_array) &&
	     i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct step step = {
			.end = json_object_get_double(json_object_object_get(o, "end_us")) + shift,
			.ns = json_object_get_int64(json_object_object_get(o, "ns")),
			.ret = json_object_get_int(json_object_object_get(o, "ret")),
		};

		snprintf(step.name, sizeof(step.name), "%s", text_of(o, "step"));
		snprintf(step.object, sizeof(step.object), "%s", text_of(o, "object"));
		if (is_last(list, i))
			add_step(steps, &step);
	}
}

/* Add the kexec, the boot and the noted steps; false if the clocks cannot be compared. */
static bool add_note(struct steps *steps, struct json_object *note)
{
	struct json_object *tsc = json_object_object_get(note, "tsc");
	struct step kexec = { .name = KEXEC }, boot = { .name = BOOT };
	struct tsc_clock clock;
	int64_t began;

	if (!tsc || tsc_clock_read(&clock))
		return false;
	began = tsc_clock_at(&clock, json_object_get_int64(tsc));
	if (began >= 0)			/* The counter was reset. */
		return false;
	kexec.ns = -began;
	add_step(steps, &kexec);
	if (!trace_userspace(&boot.end)) {
		boot.ns = boot.end * 1000;
		add_step(steps, &boot);
	}
	add_noted_steps(steps, json_object_object_get(note, "steps"), us(began) -
			us(json_object_get_int64(json_object_object_get(note, "clock_ns"))));
	return true;
}

static int report(struct call *call)
{
	struct json_object *top, *list, *note;
	struct steps steps;
	int rc = trace_read(&steps);
	const char *unknown;
	size_t i;

	if (rc)
		return call_fail(call, EXIT_UNKNOWN, "the trace buffer cannot be read: %s", strerror(-rc));
	note = update_note_take();
	unknown = !note ? "the previous kernel's steps and the kexec: its iolu has left no note" :
		  !add_note(&steps, note) ? "the previous kernel's steps and the kexec: the clocks "
		  "of both kernels cannot be compared" :
		  "the parts of the kexec: freeze, shutdown and this kernel's first steps";
	list = json_object_new_array();
	for (i = 0; i < ARRAY_SIZE(phases); i++)
		add_phase(list, i, &steps);
	trace_free(&steps);
	if (!json_object_array_length(list)) {
		json_object_put(list);
		json_object_put(note);
		return call_fail(call, EXIT_NO, "no step was traced: boot the next kernel with "
				 "trace_event=iommu_liveupdate");
	}
	rc = write_picture(call, list);
	top = json_object_new_object();
	json_object_object_add(top, "previous_kernel", note ?
			       json_object_new_string(text_of(note, "release")) : NULL);
	json_object_object_add(top, "phases", list);
	json_object_object_add(top, "not_known", json_object_new_string(unknown));
	json_object_put(note);
	out_print(top, call->json);
	return rc ? call_fail(call, EXIT_UNKNOWN, "%s: %s", call_get(call, "svg"),
			      strerror(-rc)) : EXIT_YES;
}

const struct verb verb_report = {
	.name = "report", .operands = "",
	.summary = "show the cost of the last update, phase by phase",
	.codes = "0 shown; 1 nothing was traced; 3 the trace buffer cannot be read",
	.opts = {
		{ "svg", "FILE", "also draw it" },
	},
	.run = report,
};
