// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bars on a time scale from the start of the first bar to the end of the last. A bar is at
 * least a pixel wide; its figures are beside it.
 */
#include <errno.h>
#include <stdio.h>

#include "out/svg.h"

#define LEFT	180.0
#define WIDTH	480.0
#define ROW	26.0
#define FULL	820.0

struct scale {
	double from, to;
};

static struct scale scale_of(const struct svg_bar *bars, size_t n)
{
	struct scale s = { bars[0].from, bars[0].to };
	size_t i;

	for (i = 1; i < n; i++) {
		s.from = bars[i].from < s.from ? bars[i].from : s.from;
		s.to = bars[i].to > s.to ? bars[i].to : s.to;
	}
	return s;
}

static double x_of(const struct scale *s, double t)
{
	return LEFT + (s->to > s->from ? (t - s->from) / (s->to - s->from) * WIDTH : 0);
}

static void draw(FILE *f, const struct scale *s, const struct svg_bar *bar, size_t row)
{
	double x = x_of(s, bar->from), wide = x_of(s, bar->to) - x, y = 10 + row * ROW;

	fprintf(f, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 8,
		y + 13, bar->name);
	fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\" fill=\"#2a6fb0\"/>\n",
		x, y, wide < 1 ? 1 : wide);
	fprintf(f, "<text x=\"%.0f\" y=\"%.1f\">%.3f ms of work</text>\n", LEFT + WIDTH + 8,
		y + 13, bar->sum / 1000);
}

int svg_write(const char *path, const struct svg_bar *bars, size_t n)
{
	struct scale s = scale_of(bars, n);
	FILE *f = fopen(path, "we");
	size_t i;

	if (!f)
		return -errno;
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n", FULL, 40 + n * ROW);
	fprintf(f, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n");
	for (i = 0; i < n; i++)
		draw(f, &s, &bars[i], i);
	fprintf(f, "<text x=\"%.0f\" y=\"%.1f\">%.3f s</text>\n", LEFT, 28 + n * ROW, s.from);
	fprintf(f, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%.3f s after boot</text>\n",
		LEFT + WIDTH, 28 + n * ROW, s.to);
	fprintf(f, "</svg>\n");
	return fclose(f) ? -errno : 0;
}
