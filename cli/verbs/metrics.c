// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu metrics: the numbers of iolu status in the text format of Prometheus. A number that is
 * not visible is absent, never 0. /dev/liveupdate is not opened.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "host/snapshot.h"
#include "out/print.h"

static const struct {
	const char *block, *key, *name, *help;
} gauges[] = {
	{ "kernel", "handover", "handover_enabled", "KHO and LUO are on" },
	{ "kernel", "image_loaded", "image_loaded", "A next kernel is loaded" },
	{ "kernel", "records", "records", "Records for the next kernel" },
	{ "kernel", "record_bytes", "record_bytes", "Size of these records" },
	{ "kernel", "crash_kernel_bytes", "crash_kernel_bytes", "Memory of the crash kernel" },
	{ "preserved", "domains", "preserved_domains", "Outgoing HWPTs" },
	{ "preserved", "devices", "preserved_devices", "Outgoing devices" },
	{ "preserved", "table_pages", "preserved_table_pages", "Page table pages of outgoing HWPTs" },
	{ "preserved", "mapped_bytes", "preserved_mapped_bytes", "IOVA mapped by outgoing HWPTs" },
	{ "incoming", "domains", "incoming_domains", "Incoming HWPTs that are not adopted" },
	{ "incoming", "devices", "incoming_devices", "Incoming devices that are not finished" },
	{ "incoming", "isolated", "incoming_isolated", "Isolated devices" },
};

/* Lists, counted by the values of one key */
static const struct {
	const char *list, *key, *name, *help, *values[6];
} counts[] = {
	{ "sessions", "direction", "sessions", "Open sessions", { "outgoing", "incoming" } },
	{ "tokens", "state", "tokens", "Tokens of open iommufds",
	  { "marked", "preserved", "incoming", "adopted", "isolated", "restored" } },
};

static void head(const char *name, const char *help)
{
	printf("# HELP iolu_%s %s.\n# TYPE iolu_%s gauge\n", name, help, name);
}

static void gauge(struct json_object *state, size_t i, struct json_object *out)
{
	struct json_object *block = json_object_object_get(state, gauges[i].block);
	struct json_object *value = json_object_object_get(block, gauges[i].key);

	if (!value)
		return;
	json_object_object_add(out, gauges[i].name,
			       json_object_new_int64(json_object_get_int64(value)));
}

static uint64_t count(struct json_object *list, const char *key, const char *value)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *text = json_object_get_string(json_object_object_get(o, key));

		n += text && !strcmp(text, value);
	}
	return n;
}

static struct json_object *count_all(struct json_object *list, size_t i)
{
	struct json_object *out = json_object_new_object();
	size_t v;

	for (v = 0; v < ARRAY_SIZE(counts[i].values) && counts[i].values[v]; v++)
		json_object_object_add(out, counts[i].values[v],
				       json_object_new_int64(count(list, counts[i].key,
								   counts[i].values[v])));
	return out;
}

static void print(struct json_object *out)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gauges); i++) {
		struct json_object *value = json_object_object_get(out, gauges[i].name);

		if (!value)
			continue;
		head(gauges[i].name, gauges[i].help);
		printf("iolu_%s %s\n", gauges[i].name, json_object_get_string(value));
	}
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct json_object *values = json_object_object_get(out, counts[i].name);

		if (!values)
			continue;
		head(counts[i].name, counts[i].help);
		json_object_object_foreach(values, key, n)
			printf("iolu_%s{%s=\"%s\"} %s\n", counts[i].name, counts[i].key, key,
			       json_object_get_string(n));
	}
}

static int metrics(struct call *call)
{
	struct json_object *out = json_object_new_object();
	bool complete;
	struct json_object *state = snapshot_take(&complete, false);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gauges); i++)
		gauge(state, i, out);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct json_object *list = json_object_object_get(state, counts[i].list);

		if (list && complete)
			json_object_object_add(out, counts[i].name, count_all(list, i));
	}
	json_object_put(state);
	if (call->json) {
		out_print(out, true);
	} else {
		print(out);
		json_object_put(out);
	}
	if (!kernel_has_feature())
		return EXIT_NO;
	return complete ? EXIT_YES : EXIT_UNKNOWN;
}

const struct verb verb_metrics = {
	.name = "metrics", .operands = "",
	.summary = "print the numbers of status in the text format of Prometheus",
	.codes = "0 printed; 1 this kernel does not preserve IOMMU state; "
		 "3 a part is not visible and absent",
	.run = metrics,
};
