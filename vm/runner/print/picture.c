// SPDX-License-Identifier: GPL-2.0
/*
 * dma.svg: the run at a glance.
 *
 * Above, frames counted over time: frames sent to each NIC and frames that the NIC wrote into
 * the VM's memory. The area between the two is red, so an update without loss shows no red.
 * Below, frames per bin of BIN_NS. The update's phases are bands behind both. Time is in
 * seconds since the kexec began (since the machine started if there was none).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canvas.h"
#include "judge/figures.h"
#include "picture.h"
#include "verdict.h"

#define STEP_NS		(10 * MSEC)
#define MARGIN_NS	(300 * MSEC)

static const char *const sent_colour = "#8a8f98";
static const char *const colours[MAX_DEVICES] = {
	"#16803c", "#1d4ed8", "#a21caf", "#b45309", "#0f766e",
};

static const struct { const char *key, *colour; } band_colours[] = {
	{ "preserve", "#ddd6fe" }, { "load", "#e5e7eb" }, { "kexec", "#fde8c8" },
	{ "retrieve", "#bfdbfe" }, { "bind", "#c7d2fe" }, { "adopt", "#99f6e4" },
	{ "attach", "#bbf7d0" }, { "finish", "#fbcfe8" },
};

static void measure(struct picture *p)
{
	const struct run *r = p->run;
	int64_t first = INT64_MAX, last = 0;
	int i;

	for (i = 0; i < r->needs->ndevices; i++) {
		const struct sender *s = &r->live->sender[i];

		if (!s->offered)
			continue;
		first = s->tx[0] < first ? s->tx[0] : first;
		last = s->tx[s->offered - 1] > last ? s->tx[s->offered - 1] : last;
		p->most = s->offered > p->most ? s->offered : p->most;
	}
	p->from = first - MARGIN_NS;
	p->to = last + MARGIN_NS;
	p->zero = run_mark_time(r, "reboot", 0);
	if (!p->zero)
		p->zero = r->live->start;
	p->most += p->most / 20 + 1;
}

static const char *band_colour(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(band_colours); i++)
		if (!strcmp(band_colours[i].key, key))
			return band_colours[i].colour;
	return "#eee";
}

static void draw_band(struct picture *p, const struct phase *ph, int64_t begin, int64_t end)
{
	double x1 = x_at(p, begin), x2 = x_at(p, end), width = x2 - x1 < 2 ? 2 : x2 - x1;
	char s[96];

	fprintf(p->f, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
		x1, TOP, width, RATE_BOTTOM - TOP, band_colour(ph->key));
	if (end - begin >= NSEC)
		snprintf(s, sizeof(s), "%s %.2f s", ph->label, (double)(end - begin) / NSEC);
	else
		snprintf(s, sizeof(s), "%s %.1f ms", ph->label, (end - begin) / 1e6);
	canvas_label(p, x1, x1 + width, s);
}

static void draw_bands(struct picture *p)
{
	int64_t begin, end;
	size_t i;
	int u;

	for (u = 1; u <= p->run->needs->updates; u++)
		for (i = 0; i < nphases; i++)
			if (phase_span(p->run, &phases[i], u, &begin, &end))
				draw_band(p, &phases[i], begin, end);
}

/* The number of the kernel that runs, between the panels */
static void draw_kernels(struct picture *p)
{
	int64_t from = p->from, to, up;
	char s[32];
	int k;

	for (k = 1; k <= p->run->live->kernel; k++, from = up) {
		to = run_mark_time(p->run, "reboot", k);
		up = run_mark_time(p->run, "hello", k + 1);
		snprintf(s, sizeof(s), "kernel %d", k);
		canvas_words(p, (x_at(p, from) + x_at(p, to && up ? to : p->to)) / 2, BOTTOM + 18,
			     "class=\"tick\" text-anchor=\"middle\" font-weight=\"bold\"", s);
		if (!to || !up)
			return;
	}
}

/* Points of the staircase of @n moments, thinned to one per STEP_NS. */
static void curve(struct picture *p, const int64_t *t, size_t n, const char *join)
{
	int64_t next = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (t[i] < next && i + 1 < n)
			continue;
		fprintf(p->f, "%s%.1f %.1f", join, x_at(p, t[i]), y_at(p, i));
		if (next && t[i] > next + BIN_NS)
			fprintf(p->f, " %.1f %.1f", x_at(p, t[i]), y_at(p, i + 1));
		join = " ";
		next = t[i] + STEP_NS;
	}
}

static void curve_back(struct picture *p, const int64_t *t, size_t n)
{
	int64_t next = INT64_MAX;
	size_t i;

	for (i = n; i-- > 0;) {
		if (t[i] > next && i)
			continue;
		fprintf(p->f, " %.1f %.1f", x_at(p, t[i]), y_at(p, i));
		next = t[i] - STEP_NS;
	}
}

/* Frames sent and not written: the area between the two curves */
static void draw_lost(struct picture *p, const struct sender *s, const struct dma_device *d)
{
	double level = y_at(p, d->nwrites);

	if (d->nwrites >= s->offered)
		return;
	fputs("<path fill=\"#dc2626\" fill-opacity=\".28\" d=\"M", p->f);
	curve(p, s->tx, s->offered, "");
	fprintf(p->f, " %.1f %.1f", x_at(p, s->tx[s->offered - 1]), level);
	if (d->nwrites)
		curve_back(p, d->writes, d->nwrites);
	fputs("Z\"/>\n", p->f);
}

static void draw_curves(struct picture *p, int i)
{
	const struct sender *s = &p->run->live->sender[i];
	const struct dma_device *d = &p->run->parsed->device[i];
	int64_t last;

	if (!s->offered)
		return;
	draw_lost(p, s, d);
	fprintf(p->f, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"6\" "
		"stroke-opacity=\".45\" d=\"M", sent_colour);
	curve(p, s->tx, s->offered, "");
	fputs("\"/>\n", p->f);
	if (!d->nwrites)
		return;
	fprintf(p->f, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\"%s d=\"M",
		colours[i], i ? " stroke-dasharray=\"9 9\"" : "");
	curve(p, d->writes, d->nwrites, "");
	fputs("\"/>\n", p->f);
	last = d->writes[d->nwrites - 1];
	fprintf(p->f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x_at(p, last),
		y_at(p, d->nwrites), colours[i]);
}

static size_t *bins_of(const struct picture *p, const struct dma_device *d, size_t *n)
{
	size_t *bins, i;

	*n = (p->to - p->from) / BIN_NS + 1;
	bins = calloc(*n, sizeof(*bins));
	if (!bins)
		die("out of memory");
	for (i = 0; i < d->nwrites; i++)
		if (d->writes[i] >= p->from && d->writes[i] < p->to)
			bins[(d->writes[i] - p->from) / BIN_NS]++;
	return bins;
}

static void draw_rate(struct picture *p, int device)
{
	double width = (double)BIN_NS * (RIGHT - LEFT) / (double)(p->to - p->from), scale;
	size_t n, i, *bins = bins_of(p, &p->run->parsed->device[device], &n);

	for (i = 0; i < n; i++)
		p->most_in_bin = bins[i] > p->most_in_bin ? bins[i] : p->most_in_bin;
	scale = (double)(RATE_BOTTOM - RATE_TOP) / (double)(p->most_in_bin + 1);
	fprintf(p->f, "<path fill=\"%s\" fill-opacity=\".6\" d=\"", colours[device]);
	for (i = 0; i < n; i++)
		if (bins[i])
			fprintf(p->f, "M%.1f %dv%.1fh%.1fV%dz", LEFT + i * width, RATE_BOTTOM,
				-scale * bins[i], width * .85, RATE_BOTTOM);
	fputs("\"/>\n", p->f);
	free(bins);
}

static void draw_legend(struct picture *p)
{
	static const char *const role[ROLES] = {
		[ROLE_PRESERVED] = "", [ROLE_LEFT_BEHIND] = ", not preserved",
		[ROLE_IDLE] = ", not used",
		[ROLE_ROGUE] = ", not preserved, rogue", [ROLE_HOSTILE] = ", hostile",
		[ROLE_DISCARDED] = ", discarded",
	};
	const struct run *r = p->run;
	double y = TOP + 22;
	char s[128];
	int i;

	canvas_line(p, LEFT + 14, y - 4, LEFT + 44, y - 4,
		    "stroke=\"#8a8f98\" stroke-width=\"6\" stroke-opacity=\".45\"");
	canvas_words(p, LEFT + 52, y, "class=\"label\"", "sent");
	for (i = 0; i < r->needs->ndevices; i++) {
		const struct device_needs *d = &r->needs->device[i];

		if (!r->live->sender[i].offered)
			continue;
		y += 20;
		snprintf(s, sizeof(s), "written to memory by NIC %d (%s%s)", i, d->model,
			 role[d->role]);
		fprintf(p->f, "<rect x=\"%d\" y=\"%.1f\" width=\"30\" height=\"3\" "
			"fill=\"%s\"/>\n",
			LEFT + 14, y - 6, colours[i]);
		canvas_words(p, LEFT + 52, y, "class=\"label\"", s);
	}
}

/* Where reception ended although frames were still sent */
static void draw_end_of_dma(struct picture *p)
{
	const struct sender *sender = &p->run->live->sender[0];
	const struct dma_device *d = &p->run->parsed->device[0];
	int64_t lost = p->run->judged->total.sum.lost;
	char s[96], n[NUMBER_SIZE];
	double x;

	if (!d->nwrites || d->nwrites >= sender->offered)
		return;
	x = x_at(p, d->writes[d->nwrites - 1]);
	canvas_line(p, x, TOP, x, RATE_BOTTOM, "stroke=\"#b91c1c\" stroke-width=\"1.5\" "
	     "stroke-dasharray=\"5 4\"");
	snprintf(s, sizeof(s), "DMA ends here; %s frames never arrive", number(n, lost));
	canvas_words(p, x + 8, BOTTOM - 12,
		     "class=\"label\" fill=\"#b91c1c\" font-weight=\"bold\"", s);
	canvas_line(p, x, y_at(p, d->nwrites), x_at(p, sender->tx[sender->offered - 1]),
		    y_at(p, d->nwrites),
		    "stroke=\"#b91c1c\" stroke-width=\"2\" stroke-dasharray=\"5 4\"");
}

static void draw_title(struct picture *p, bool good)
{
	const struct run *r = p->run;
	const struct totals *t = &r->judged->total;
	char *title = verdict_line(r, good), s[256];
	double size = 1150 / (0.66 * strlen(title));	/* so that it fits */

	snprintf(s, sizeof(s), "font-weight=\"bold\" font-size=\"%.1f\" fill=\"%s\"",
		 size < 21 ? size : 21, !good || r->control ? "#b91c1c" : "#14532d");
	canvas_words(p, 24, 38, s, title);
	snprintf(s, sizeof(s), "%s · slowest frame %.1f ms · longest gap %.0f ms before, "
		 "%.0f during, %.0f after · %zu DMA faults · %zu frames untranslated",
		 r->opt->scenario, t->sum.max / 1e6, t->sum.gap_before / 1e6,
		 t->sum.gap_during / 1e6, t->sum.gap_after / 1e6, run_events(r, EV_FAULT, NULL), t->untranslated);
	canvas_words(p, 24, 64, "class=\"axis\"", s);
}

static void draw(struct picture *p, bool good)
{
	int i;

	fprintf(p->f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"font-family=\"DejaVu Sans, Verdana, sans-serif\">\n<style>"
		".axis{font-size:14px;fill:#333}.tick{font-size:13px;fill:#333}"
		".label{font-size:13px}</style>\n<rect width=\"%d\" height=\"%d\" "
		"fill=\"#fff\"/>\n", WIDTH, HEIGHT, WIDTH, HEIGHT);
	draw_title(p, good);
	draw_bands(p);
	draw_kernels(p);
	canvas_count_axis(p);
	canvas_time_axis(p);
	for (i = 0; i < p->run->needs->ndevices; i++)
		draw_rate(p, i);
	for (i = 0; i < p->run->needs->ndevices; i++)
		draw_curves(p, i);
	draw_end_of_dma(p);
	draw_legend(p);
	canvas_line(p, LEFT, BOTTOM, RIGHT, BOTTOM, "stroke=\"#333\"");
	canvas_line(p, LEFT, RATE_BOTTOM, RIGHT, RATE_BOTTOM, "stroke=\"#333\"");
	fputs("</svg>\n", p->f);
}

void picture_write(const struct run *r, bool good)
{
	struct picture p = { .run = r };

	if (!r->live->any_tx)
		return;
	measure(&p);
	if (p.most <= 1)
		return;
	p.f = create_file(r->out, "dma.svg");
	draw(&p, good);
	fclose(p.f);
}
