// SPDX-License-Identifier: GPL-2.0
/*
 * report.json: all values of all figures.
 *
 *   quick              bool; a short bench
 *   cpu_seconds, seconds
 *   goals[]            title, goal, limit, measured[] (one per kernel; null: not measured)
 *   cases[]            name, title, kernel (0 or 1), runs, figures {key: [values]}
 */
#include <json-c/json.h>

#include "bench.h"
#include "core/util.h"

typedef struct json_object json;

static json *real(double x)
{
	return isnan(x) ? NULL : json_object_new_double(x);
}

static void put(json *o, const char *key, json *value)
{
	json_object_object_add(o, key, value);
}

static json *goal_json(const struct bench *b, const struct goal *g)
{
	json *o = json_object_new_object(), *measured = json_object_new_array();
	unsigned int k;

	put(o, "title", json_object_new_string(g->title));
	put(o, "goal", real(g->goal));
	put(o, "limit", real(g->limit));
	for (k = 0; k < b->opt.nkernels; k++)
		json_object_array_add(measured, real(g->measure(b, k)));
	put(o, "measured", measured);
	return o;
}

static json *case_json(const struct bench *b, size_t c, unsigned int k)
{
	const struct samples *s = &b->samples[k][c];
	json *o = json_object_new_object(), *all = json_object_new_object(), *values;
	size_t i, n;

	put(o, "name", json_object_new_string(cases[c].name));
	put(o, "title", json_object_new_string(cases[c].title));
	put(o, "kernel", json_object_new_int(k));
	put(o, "runs", json_object_new_int(s->runs));
	for (i = 0; i < s->nfigures; i++) {
		values = json_object_new_array();
		for (n = 0; n < s->figures[i].n; n++)
			json_object_array_add(values, real(s->figures[i].values[n]));
		put(all, s->figures[i].key, values);
	}
	put(o, "figures", all);
	return o;
}

void json_write(const struct bench *b)
{
	json *root = json_object_new_object(), *list = json_object_new_array();
	char *path = text("%s/report.json", b->opt.out);
	unsigned int k;
	size_t i;

	put(root, "quick", json_object_new_boolean(b->opt.quick));
	put(root, "cpu_seconds", real(b->cpu_seconds));
	put(root, "seconds", real(b->seconds));
	for (i = 0; i < ngoals; i++)
		json_object_array_add(list, goal_json(b, &goals[i]));
	put(root, "goals", list);
	list = json_object_new_array();
	for (i = 0; i < ncases; i++)
		for (k = 0; k < b->opt.nkernels; k++)
			if (b->samples[k][i].runs)
				json_object_array_add(list, case_json(b, i, k));
	put(root, "cases", list);
	if (json_object_to_file_ext(path, root, JSON_C_TO_STRING_PRETTY |
				    JSON_C_TO_STRING_NOSLASHESCAPE))
		die("cannot write %s: %s", path, json_util_get_last_err());
	json_object_put(root);
}
