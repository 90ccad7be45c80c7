// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu metrics: what status shows, as numbers in Prometheus' text format. A number that
 * cannot be seen is left out, never 0.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "out/print.h"
#include "host/snapshot.h"

static const struct {
	const char *block, *key, *name, *what;
} gauges[] = {
	{ "kernel", "handover", "handover_enabled", "KHO and LUO are on" },
	{ "kernel", "image_loaded", "image_loaded", "A kernel to jump into is loaded" },
	{ "kernel", "records", "records", "Handover records held for the next kernel" },
	{ "kernel", "record_bytes", "record_bytes", "Size of these records" },
	{ "preserved", "domains", "preserved_domains", "HWPTs that go along" },
	{ "preserved", "devices", "preserved_devices", "Devices that go along" },
	{ "preserved", "table_pages", "preserved_table_pages", "Page-table pages that go along" },
	{ "preserved", "mapped_bytes", "preserved_mapped_bytes", "IOVA that these map" },
	{ "incoming", "domains", "incoming_domains", "HWPTs that wait to be adopted" },
	{ "incoming", "devices", "incoming_devices", "Devices not finished yet" },
	{ "incoming", "isolated", "incoming_isolated", "Devices that are cut off" },
};

/* Lists, counted by the values of one key */
static const struct {
	const char *list, *key, *name, *what, *values[5];
} counts[] = {
	{ "sessions", "way", "sessions", "Open sessions", { "outgoing", "incoming" } },
	{ "tokens", "state", "tokens", "Tokens of open iommufds",
	  { "marked", "preserved", "incoming", "adopted", "isolated" } },
};

static void head(const char *name, const char *what)
{
	printf("# HELP iolu_%s %s.\n# TYPE iolu_%s gauge\n", name, what, name);
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
		head(gauges[i].name, gauges[i].what);
		printf("iolu_%s %s\n", gauges[i].name, json_object_get_string(value));
	}
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		head(counts[i].name, counts[i].what);
		json_object_object_foreach(json_object_object_get(out, counts[i].name), key, n)
			printf("iolu_%s{%s=\"%s\"} %s\n", counts[i].name, counts[i].key, key,
			       json_object_get_string(n));
	}
}

static int metrics(struct call *call)
{
	struct json_object *out = json_object_new_object();
	bool complete;
	struct json_object *state = state_collect(&complete);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gauges); i++)
		gauge(state, i, out);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		json_object_object_add(out, counts[i].name,
				       count_all(json_object_object_get(state, counts[i].list),
						 i));
	json_object_put(state);
	if (call->json) {
		out_print(out, true);
	} else {
		print(out);
		json_object_put(out);
	}
	if (!state_is_there())
		return EXIT_NO;
	return complete ? EXIT_YES : EXIT_UNKNOWN;
}

const struct verb verb_metrics = {
	.name = "metrics", .operands = "",
	.what = "print the numbers of status in Prometheus' text format",
	.codes = "0 printed; 1 this kernel does not carry IOMMU state; "
		 "3 something could not be seen",
	.run = metrics,
};
