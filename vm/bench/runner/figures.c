// SPDX-License-Identifier: GPL-2.0
/*
 * Figures by case and key: all reported values of all runs. Several values of one run and one
 * value of each of several runs are treated alike.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/util.h"

static struct figure *find(const struct samples *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->nfigures; i++)
		if (!strcmp(s->figures[i].key, key))
			return &s->figures[i];
	return NULL;
}

void figure_add(struct samples *s, const char *key, double value)
{
	struct figure *f = find(s, key);

	if (!f) {
		f = array_add(s->figures, s->nfigures, s->cap);
		snprintf(f->key, sizeof(f->key), "%s", key);
	}
	*array_add(f->values, f->n, f->cap) = value;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread spread_of(const struct bench *b, int kernel, const char *name, const char *key)
{
	const struct figure *f = find(&b->samples[kernel][case_find(name)], key);
	struct spread s = { NAN, NAN, NAN, 0 };
	double *sorted;

	if (!f)
		return s;
	sorted = malloc(f->n * sizeof(*sorted));
	if (!sorted)
		die("out of memory");
	memcpy(sorted, f->values, f->n * sizeof(*sorted));
	qsort(sorted, f->n, sizeof(*sorted), compare);
	s.n = f->n;
	s.min = sorted[0];
	s.max = sorted[f->n - 1];
	s.median = (sorted[(f->n - 1) / 2] + sorted[f->n / 2]) / 2;
	free(sorted);
	return s;
}

double median_of(const struct bench *b, int kernel, const char *name, const char *key)
{
	return spread_of(b, kernel, name, key).median;
}

/* How much @key grows from one case to another for each unit by which @over grows */
double slope_of(const struct bench *b, int kernel, const char *from, const char *to,
		const char *key, const char *over)
{
	return (median_of(b, kernel, to, key) - median_of(b, kernel, from, key)) /
	       (median_of(b, kernel, to, over) - median_of(b, kernel, from, over));
}
