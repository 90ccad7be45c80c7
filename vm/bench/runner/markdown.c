// SPDX-License-Identifier: GPL-2.0
/*
 * report.md: the goals with the measured values, and every figure with its spread. With two
 * kernels each column is there twice.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "core/util.h"
#include "qemu/qemu.h"

static void words_of(FILE *f, const char *command, const char *otherwise)
{
	char line[256] = "";
	FILE *p = popen(command, "r");

	if (p && fgets(line, sizeof(line), p))
		line[strcspn(line, "\n")] = 0;
	if (p)
		pclose(p);
	fputs(*line ? line : otherwise, f);
}

static void write_head(FILE *f, const struct bench *b)
{
	char date[32];
	time_t now = time(NULL);

	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&now));
	fprintf(f, "# The cost of a live update: %s bench of %s\n\n", b->opt.quick ? "short" :
		"full", date);
	fputs("Machine: ", f);
	words_of(f, "sed -n 's/^model name.*: //p' /proc/cpuinfo", "unknown processor");
	fputs(", ", f);
	words_of(f, "nproc", "?");
	fputs(" CPUs; ", f);
	words_of(f, text("'%s' --version", qemu_program()), "unknown emulator");
	fprintf(f, ", TCG.\n%.0f CPU seconds in %.0f s.\n", b->cpu_seconds, b->seconds);
	if (b->opt.nkernels > 1)
		fprintf(f, "Kernels: A is `%s`, B is `%s`.\n", b->opt.kernel[0],
			b->opt.kernel[1]);
}

static void number(FILE *f, double x)
{
	if (isnan(x))
		fputs("not measured", f);
	else if (x == 0 || (fabs(x) >= 0.001 && fabs(x) < 1000))
		fprintf(f, "%.3f", x);
	else if (fabs(x) < 1e15)
		fprintf(f, "%.0f", x);
	else
		fprintf(f, "%.3g", x);
}

static const char *reached(const struct goal *g, double x)
{
	if (isnan(x))
		return "";
	if (isnan(g->goal))
		return "no goal";
	return x <= g->goal ? "yes" : "**no**";
}

static void write_goal(FILE *f, const struct bench *b, const struct goal *g)
{
	double x = g->measure(b, 0);
	char *why = g->why && !isnan(x) ? g->why(b, 0) : NULL;

	fprintf(f, "| %s | ", g->title);
	if (!isnan(g->goal))
		fprintf(f, "≤ %g", g->goal);
	fputs(" | ", f);
	number(f, x);
	if (b->opt.nkernels > 1) {
		fputs(" | ", f);
		number(f, g->measure(b, 1));
	}
	fprintf(f, " | %s | %s |\n", reached(g, x), why ? why : "");
}

static void write_goals(FILE *f, const struct bench *b)
{
	const bool two = b->opt.nkernels > 1;
	size_t i;

	fputs("\n## Goals\n\n", f);
	fprintf(f, "| quantity | goal | %s | reached | components |\n",
		two ? "A | B" : "measured");
	fprintf(f, "|---|---|---|---|---|%s\n", two ? "---|" : "");
	for (i = 0; i < ngoals; i++)
		write_goal(f, b, &goals[i]);
}

static void write_figures(FILE *f, const struct bench *b, int k, size_t c)
{
	const struct samples *s = &b->samples[k][c];
	size_t i;

	for (i = 0; i < s->nfigures; i++) {
		struct spread x = spread_of(b, k, cases[c].name, s->figures[i].key);

		fprintf(f, "| %s%s | %s | %zu | ", cases[c].name,
			b->opt.nkernels < 2 ? "" : k ? " B" : " A", s->figures[i].key, x.n);
		number(f, x.min);
		fputs(" | ", f);
		number(f, x.median);
		fputs(" | ", f);
		number(f, x.max);
		fputs(" |\n", f);
	}
}

static void write_cases(FILE *f, const struct bench *b)
{
	size_t c, k;

	fputs("\n## Figures\n\nTimes are in ticks: instructions, or nanoseconds of waiting; with "
	      "the wall clock, ticks of the TSC.\n\n| case | title | runs |\n|---|---|---|\n", f);
	for (c = 0; c < ncases; c++)
		if (b->samples[0][c].runs)
			fprintf(f, "| %s | %s | %u |\n", cases[c].name, cases[c].title,
				b->samples[0][c].runs);
	fputs("\n| case | figure | values | minimum | median | maximum |\n"
	      "|---|---|---|---|---|---|\n", f);
	for (c = 0; c < ncases; c++)
		for (k = 0; k < b->opt.nkernels; k++)
			write_figures(f, b, k, c);
}

void markdown_write(const struct bench *b)
{
	char *path = text("%s/report.md", b->opt.out);
	FILE *f = fopen(path, "w");

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	write_head(f, b);
	write_goals(f, b);
	fputs("\n![phases of the pause](phases.svg)\n![cost by size](sizes.svg)\n"
	      "![cost by devices](devices.svg)\n", f);
	memory_write(f, b);
	write_cases(f, b);
	fputs("\nMethod and limits: docs/performance.md.\n", f);
	if (fclose(f))
		die("cannot write %s: %s", path, strerror(errno));
}
