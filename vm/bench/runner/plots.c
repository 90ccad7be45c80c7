// SPDX-License-Identifier: GPL-2.0
/*
 * The pictures: phases.svg (phases of the pause, a stacked bar for each case), sizes.svg
 * (instructions per GiB, by size) and devices.svg (instructions per device, by number of
 * devices). All of the first kernel; medians. A case that was not measured is left out.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench.h"
#include "core/util.h"
#include "print/canvas.h"

#define SHEET_WIDTH	1100
#define BAR_LEFT	330
#define BAR_WIDTH	740
#define BAR_PITCH	34

#define PLOT_LEFT	110
#define PLOT_RIGHT	760
#define PLOT_TOP	70
#define PLOT_BOTTOM	420

static void open_sheet(struct picture *p, const struct bench *b, const char *name, int height,
		       const char *title)
{
	char *path = text("%s/%s", b->opt.out, name);

	p->f = fopen(path, "w");
	if (!p->f)
		die("cannot write %s: %s", path, strerror(errno));
	fprintf(p->f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"13\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", SHEET_WIDTH, height,
		SHEET_WIDTH, height);
	canvas_words(p, 24, 36, "font-size=\"19\" font-weight=\"bold\"", title);
}

static void close_sheet(struct picture *p)
{
	fputs("</svg>\n", p->f);
	fclose(p->f);
}

static void box(struct picture *p, double x, double y, double width, double height,
		const char *colour)
{
	fprintf(p->f, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\"/>\n",
		x, y, width, height, colour);
}

static bool has_phases(const struct bench *b, size_t c)
{
	return !isnan(median_of(b, 0, cases[c].name, "phase_early"));
}

static void draw_bar(struct picture *p, const struct bench *b, size_t c, double y, double scale)
{
	double x = BAR_LEFT, all = 0, ours = 0, width;
	size_t i;

	canvas_words(p, BAR_LEFT - 10, y + 16, "text-anchor=\"end\"", cases[c].title);
	for (i = 0; i < nphase_names; i++) {
		double part = median_of(b, 0, cases[c].name, phase_names[i].key);

		if (isnan(part))
			continue;
		all += part;
		ours += phase_names[i].ours ? part : 0;
		width = part * scale;
		box(p, x, y, width, BAR_PITCH - 10, phase_names[i].colour);
		x += width;
	}
	canvas_words(p, x + 6, y + 16, "font-size=\"11\"",
		     text("%.0f ms, ours %.2f", all / 1e6, ours / 1e6));
}

static void draw_phase_legend(struct picture *p, double y)
{
	double x = 40;
	size_t i;

	for (i = 0; i < nphase_names; i++) {
		box(p, x, y, 16, 12, phase_names[i].colour);
		canvas_words(p, x + 22, y + 11, "font-size=\"12\"", phase_names[i].title);
		x += 345;
		if (x > SHEET_WIDTH - 300) {
			x = 40;
			y += 22;
		}
	}
}

static void draw_phases(const struct bench *b)
{
	struct picture p = {};
	double longest = 0, y = 60;
	size_t c, n = 0;

	for (c = 0; c < ncases; c++) {
		if (!has_phases(b, c))
			continue;
		longest = fmax(longest, median_of(b, 0, cases[c].name, "pause"));
		n++;
	}
	open_sheet(&p, b, "phases.svg", 60 + n * BAR_PITCH + 120,
		   "Phases of the pause, in ms at a thousand million instructions a second");
	for (c = 0; c < ncases; c++) {
		if (!has_phases(b, c))
			continue;
		draw_bar(&p, b, c, y, (BAR_WIDTH - 130) / longest);
		y += BAR_PITCH;
	}
	draw_phase_legend(&p, y + 14);
	close_sheet(&p);
}

/* One curve: a figure of several cases, divided by size or number of devices */
struct curve {
	const char *title;
	const char *key;
	const char *colour;
};

struct plot {
	struct picture sheet;
	double x_low, x_high, y_high;	/* x on a scale of powers of two, y from 0 */
};

static double x_of(const struct plot *p, double x)
{
	return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * (log2(x) - log2(p->x_low)) /
			   (log2(p->x_high) - log2(p->x_low));
}

static double y_of(const struct plot *p, double y)
{
	return PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * y / p->y_high;
}

static void draw_axes(struct plot *p, const char *unit_x, const char *unit_y)
{
	double x, y;
	int i;

	for (x = p->x_low; x <= p->x_high * 1.01; x *= 2)
		canvas_words(&p->sheet, x_of(p, x), PLOT_BOTTOM + 18, "text-anchor=\"middle\"",
			     text("%g", x));
	for (i = 0; i <= 4; i++) {
		y = p->y_high * i / 4;
		canvas_line(&p->sheet, PLOT_LEFT, y_of(p, y), PLOT_RIGHT, y_of(p, y),
			    "stroke=\"#000\" stroke-opacity=\".12\"");
		canvas_words(&p->sheet, PLOT_LEFT - 8, y_of(p, y) + 4, "text-anchor=\"end\"",
			     text("%.3g", y));
	}
	canvas_words(&p->sheet, (PLOT_LEFT + PLOT_RIGHT) / 2.0, PLOT_BOTTOM + 40,
		     "text-anchor=\"middle\"", unit_x);
	canvas_words(&p->sheet, PLOT_LEFT, PLOT_TOP - 12, "text-anchor=\"middle\"", unit_y);
}

static void draw_curve(struct plot *p, const struct bench *b, const struct curve *curve,
		       const char *const *names, const double *at, size_t n)
{
	double x0 = NAN, y0 = NAN, x, y;
	size_t i;

	for (i = 0; i < n; i++) {
		y = median_of(b, 0, names[i], curve->key) / at[i] / 1e6;
		if (isnan(y))
			continue;
		x = x_of(p, at[i]);
		y = y_of(p, y);
		if (!isnan(x0))
			canvas_line(&p->sheet, x0, y0, x, y,
				    text("stroke=\"%s\" stroke-width=\"2\"", curve->colour));
		fprintf(p->sheet.f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x, y,
			curve->colour);
		x0 = x;
		y0 = y;
	}
}

static void draw_plot(const struct bench *b, const char *file, const char *title,
		      const char *unit_x, const struct curve *curves, size_t ncurves,
		      const char *const *names, const double *at, size_t n)
{
	struct plot p = { .x_low = at[0], .x_high = at[n - 1] };
	size_t i, j;

	for (i = 0; i < ncurves; i++)
		for (j = 0; j < n; j++)
			p.y_high = fmax(p.y_high, median_of(b, 0, names[j], curves[i].key) /
						  at[j] / 1e6);
	p.y_high = p.y_high > 0 ? p.y_high * 1.1 : 1;
	open_sheet(&p.sheet, b, file, 490, title);
	draw_axes(&p, unit_x, "million");
	for (i = 0; i < ncurves; i++) {
		draw_curve(&p, b, &curves[i], names, at, n);
		box(&p.sheet, PLOT_RIGHT + 30, PLOT_TOP + 24 * i, 16, 12, curves[i].colour);
		canvas_words(&p.sheet, PLOT_RIGHT + 54, PLOT_TOP + 11 + 24 * i, "",
			     curves[i].title);
	}
	close_sheet(&p.sheet);
}

void plots_write(const struct bench *b)
{
	static const char *const sizes[] = { "4k-256m", "4k-1g", "4k-4g", "4k-16g", "4k-64g",
					     "4k-1t" };
	static const char *const devices[] = { "dev-1", "dev-2", "dev-8", "dev-16" };
	static const double gib[] = { 0.25, 1, 4, 16, 64, 1024 };
	static const double count[] = { 1, 2, 8, 16 };
	static const struct curve by_size[] = {
		{ "map from scratch", "fill", "#8a8f98" },
		{ "adopt", "adopt", "#16803c" },
		{ "preserve, the whole ioctl", "preserve_iommufd", "#b45309" },
		{ "preserve, the table alone", "preserve_tables", "#dc2626" },
		{ "bare: a memfd of as many pages", "bare", "#1d4ed8" },
	};
	static const struct curve by_device[] = {
		{ "preserve", "preserve_devices", "#dc2626" },
		{ "retrieve and bind", "retrieve_devices", "#1d4ed8" },
		{ "attached at boot", "attach_devices", "#16803c" },
	};

	draw_phases(b);
	draw_plot(b, "sizes.svg", "Instructions per GiB in 4 KiB leaves, by size",
		  "GiB of IOVA", by_size, 5, sizes, gib, 6);
	draw_plot(b, "devices.svg", "Instructions per device, by number of devices", "devices",
		  by_device, 3, devices, count, 4);
}
