// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu report: what the last update cost in this kernel, phase by phase.
 *
 * The source is the trace buffer; events must have been on from boot, by the word
 * trace_event=iommu_liveupdate on the command line. The old kernel's steps and the jump itself
 * are not in it: no kernel keeps times for the next one. They are not guessed.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "out.h"
#include "svg.h"
#include "trace.h"

/* The steps of the new kernel, in the order in which a device goes through them */
static const struct {
	const char *step, *phase;
} phases[] = {
	{ "restore_domain", "restore HWPT at boot" },
	{ "attach_device", "attach device at boot" },
	{ "block_device", "cut device off" },
	{ "adopt", "adopt table" },
	{ "finish_device", "finish device" },
	{ "discard_domain", "let go of HWPT" },
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

static int report(struct call *call)
{
	struct json_object *top, *list;
	struct steps steps;
	int rc = trace_read(&steps);
	size_t i;

	if (rc)
		return call_fail(call, EXIT_UNKNOWN, "the trace buffer: %s", strerror(-rc));
	list = json_object_new_array();
	for (i = 0; i < ARRAY_SIZE(phases); i++)
		add_phase(list, i, &steps);
	trace_free(&steps);
	if (!json_object_array_length(list)) {
		json_object_put(list);
		return call_fail(call, EXIT_NO, "no step was traced: boot the next kernel with "
				 "trace_event=iommu_liveupdate");
	}
	rc = write_picture(call, list);
	top = json_object_new_object();
	json_object_object_add(top, "phases", list);
	json_object_object_add(top, "not_known", json_object_new_string(
		"the old kernel's steps and the jump: no times are kept over it"));
	out_print(top, call->json);
	return rc ? call_fail(call, EXIT_UNKNOWN, "%s: %s", call_get(call, "svg"),
			      strerror(-rc)) : EXIT_YES;
}

const struct verb verb_report = {
	.name = "report", .operands = "",
	.what = "show what the last update cost in this kernel, phase by phase",
	.codes = "0 shown; 1 nothing was traced; 3 the trace buffer cannot be read",
	.opts = {
		{ "svg", "FILE", "draw it, too" },
	},
	.run = report,
};
