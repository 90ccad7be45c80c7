// SPDX-License-Identifier: GPL-2.0
/*
 * The sheet of dma.svg: scales, text, lines, axes and the labels over the bands. Labels move
 * to higher rows where they would overlap.
 */
#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "verdict.h"

double x_at(const struct picture *p, int64_t t)
{
	return LEFT + (double)(t - p->from) * (RIGHT - LEFT) / (double)(p->to - p->from);
}

double y_at(const struct picture *p, size_t n)
{
	return BOTTOM - (double)n * (BOTTOM - TOP) / (double)p->most;
}

void canvas_words(struct picture *p, double x, double y, const char *style, const char *s)
{
	fprintf(p->f, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
	for (; *s; s++)
		if (*s == '<')
			fputs("&lt;", p->f);
		else if (*s == '&')
			fputs("&amp;", p->f);
		else
			fputc(*s, p->f);
	fputs("</text>\n", p->f);
}

void canvas_line(struct picture *p, double x1, double y1, double x2, double y2, const char *style)
{
	fprintf(p->f, "<path d=\"M%.1f %.1fL%.1f %.1f\" %s/>\n", x1, y1, x2, y2, style);
}

/* A round step so that @range has about @want ticks. */
static double tick(double range, int want)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double unit = 1e-3;
	size_t i;

	for (; range / (unit * 10) > want; unit *= 10)
		;
	for (i = 0; i < 3 && range / (unit * steps[i]) > want; i++)
		;
	return unit * steps[i];
}

void canvas_time_axis(struct picture *p)
{
	double lo = (double)(p->from - p->zero) / NSEC, hi = (double)(p->to - p->zero) / NSEC;
	double step = tick(hi - lo, 14), t;
	char s[64];

	for (t = step * (long)(lo / step); t <= hi; t += step) {
		double x = x_at(p, p->zero + (int64_t)(t * NSEC));

		if (t < lo)
			continue;
		canvas_line(p, x, TOP, x, RATE_BOTTOM, "stroke=\"#000\" stroke-opacity=\".07\"");
		snprintf(s, sizeof(s), "%s%g", t > step / 2 ? "+" : "",
			 t < step / 2 && t > -step / 2 ? 0 : t);
		canvas_words(p, x, RATE_BOTTOM + 18, "class=\"tick\" text-anchor=\"middle\"", s);
	}
	canvas_words(p, (LEFT + RIGHT) / 2.0, RATE_BOTTOM + 40,
		     "class=\"axis\" text-anchor=\"middle\"",
		     run_mark(p->run, "reboot", 0) ? "seconds since the kexec began" :
						     "seconds since the machine started");
}

void canvas_count_axis(struct picture *p)
{
	char s[NUMBER_SIZE];
	size_t step = tick(p->most, 6), n;

	for (n = 0; n < p->most; n += step ? step : 1) {
		double y = y_at(p, n);

		canvas_line(p, LEFT, y, RIGHT, y, "stroke=\"#000\" stroke-opacity=\".07\"");
		canvas_words(p, LEFT - 8, y + 4, "class=\"tick\" text-anchor=\"end\"",
			     number(s, n));
	}
	canvas_words(p, 0, 0, "class=\"axis\" text-anchor=\"middle\" transform=\"translate(22 333)"
	      "rotate(-90)\"", "frames, counted");
	canvas_words(p, 0, 0, "class=\"axis\" text-anchor=\"middle\" transform=\"translate(22 585)"
	      "rotate(-90)\"", "per 50 ms");
}

/* Put a label into the first row with room for it, tied to its band by a line. */
void canvas_label(struct picture *p, double x1, double x2, const char *s)
{
	double width = 7.0 * strlen(s) + 12, x = (x1 + x2) / 2 - width / 2, y;
	int row;

	if (x + width > RIGHT)
		x = RIGHT - width;
	for (row = 0; row < LABEL_ROWS - 1 && x < p->label_end[row]; row++)
		;
	if (x < p->label_end[row])
		x = p->label_end[row];
	p->label_end[row] = x + width;
	y = TOP - 8 - row * LABEL_PITCH;
	canvas_words(p, x + 6, y, "class=\"label\"", s);
	if (row)
		canvas_line(p, (x1 + x2) / 2, y + 4, (x1 + x2) / 2, TOP,
			    "stroke=\"#555\" stroke-opacity=\".5\"");
}
