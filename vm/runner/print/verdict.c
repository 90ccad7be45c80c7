// SPDX-License-Identifier: GPL-2.0
/*
 * The result of a run: TAP for prove, or a table of figures and one verdict line.
 *
 * The facts of the kernel under test come first, then the rules of the runner. Both forms show
 * every fact that does not hold with its reason, and the run passes only if all hold.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge/figures.h"
#include "judge/rules.h"
#include "verdict.h"

const char *number(char *buf, int64_t n)
{
	char plain[NUMBER_SIZE];
	size_t i, len, out = 0;

	len = snprintf(plain, sizeof(plain), "%lld", (long long)n);
	for (i = 0; i < len && out < NUMBER_SIZE - 2; i++) {
		buf[out++] = plain[i];
		if ((len - i) % 3 == 1 && i + 1 < len && plain[i] != '-')
			buf[out++] = ' ';
	}
	buf[out] = 0;
	return buf;
}

static int64_t last_write(const struct run *r)
{
	int64_t last = 0;
	int i;

	for (i = 0; i < r->needs->ndevices; i++) {
		const struct dma_device *d = &r->parsed->device[i];

		if (d->nwrites && d->writes[d->nwrites - 1] > last)
			last = d->writes[d->nwrites - 1];
	}
	return last;
}

static char *lost_line(const struct run *r, bool good)
{
	const struct device_figures *s = &r->judged->total.sum;
	int64_t reboot = run_mark_time(r, "reboot", 0);
	char lost[NUMBER_SIZE], sent[NUMBER_SIZE];
	const char *with = r->opt->without_preserve ? "without preserve" :
			   strstr(r->needs->kernel, "stock") ? "with the stock kernel" :
			   "in this control";

	if (!reboot)
		return text("%s: no kexec", good ? "LOST" : "FAIL");
	return text("%s: %s of %s frames, %s; DMA ended %.0f ms after the kexec began",
		    good ? "LOST, as expected" : "FAIL: lost", number(lost, s->lost),
		    number(sent, s->sent), with, (last_write(r) - reboot) / 1e6);
}

char *verdict_line(const struct run *r, bool good)
{
	char sent[NUMBER_SIZE], received[NUMBER_SIZE], lost[NUMBER_SIZE], silent[NUMBER_SIZE];
	const struct device_figures *s = &r->judged->total.sum;
	int updates = r->needs->updates;

	if (r->control && r->live->any_tx)
		return lost_line(r, good);
	if (!r->live->any_tx)
		return text("%s: %s", good ? "PASS" : "FAIL", r->opt->scenario);
	return text("%s: %s frames sent, %s received, %s lost%s%s%s", good ? "PASS" : "FAIL",
		    number(sent, s->sent), number(received, s->received), number(lost, s->lost),
		    updates ? "; " : "", updates ? number(silent, s->silent) : "",
		    updates ? " arrived while no kernel ran userspace" : "");
}

struct tap {
	int n;
	int bad;
};

static void tap_line(void *arg, const char *name, bool holds, const char *why)
{
	struct tap *tap = arg;

	tap->n++;
	tap->bad += !holds;
	printf("%sok %d - %s\n", holds ? "" : "not ", tap->n, name);
	if (*why)
		printf("# %s%s\n", holds ? "" : "because: ", why);
}

static void tap_fact(struct tap *tap, const struct fact *f)
{
	if (f->kind != FACT_SKIP) {
		tap_line(tap, f->text, f->kind == FACT_OK, f->why);
		return;
	}
	printf("ok %d - %s # SKIP %s\n", ++tap->n, f->text, f->why);
}

static bool print_tap(const struct run *r)
{
	struct tap tap = {};
	size_t i;

	for (i = 0; i < r->live->nfacts; i++)
		tap_fact(&tap, &r->live->facts[i]);
	rules_judge(r, tap_line, &tap);
	printf("1..%d\n", tap.n);
	if (r->live->any_tx)
		printf("# %s\n", verdict_line(r, !tap.bad));
	if (tap.bad)
		printf("# logs: %s\n", r->out);
	return !tap.bad;
}

static void bad_line(void *arg, const char *name, bool holds, const char *why)
{
	struct tap *tap = arg;

	tap->n++;
	if (holds)
		return;
	if (!tap->bad++)
		puts("\nfailed:");
	printf("  - %s%s%s\n", name, *why ? ": " : "", why);
}

static void row(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void row(const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("  %-40s ", what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void print_traffic(const struct run *r)
{
	const struct totals *t = &r->judged->total;
	const struct device_figures *s = &t->sum;

	row("frames sent / received / lost", "%lld / %lld / %lld", (long long)s->sent,
	    (long long)s->received, (long long)s->lost);
	row("duplicated / out of order", "%lld / %lld", (long long)s->dup, (long long)s->order);
	row("holes / bad checksums", "%lld / %lld", (long long)s->holes, (long long)s->badsum);
	row("arrived before / during / after", "%lld / %lld / %lld", (long long)s->before,
	    (long long)s->during, (long long)s->after);
	row("arrived while no userspace ran", "%lld", (long long)s->silent);
	row("longest gap before / during / after", "%.1f / %.1f / %.1f ms", s->gap_before / 1e6,
	    s->gap_during / 1e6, s->gap_after / 1e6);
	row("latency to memory, median / 99% / max", "%.2f / %.2f / %.2f ms", s->p50 / 1e6,
	    s->p99 / 1e6, s->max / 1e6);
	row("emulator's pauses / longest", "%zu / %.1f ms", r->live->pulse.npauses,
	    r->live->pulse.longest / 1e6);
	row("sends refused / most bytes queued", "%llu / %llu",
	    (unsigned long long)t->back_pressure, (unsigned long long)t->max_queued);
	row("DMA faults, kernel log / emulator", "%zu / %zu", run_logged_faults(r),
	    run_events(r, EV_FAULT, NULL) + run_events(r, EV_FAULT_RECORD, NULL));
	row("frames written untranslated", "%zu", t->untranslated);
}

static void print_preserved(const struct run *r)
{
	static const struct { const char *key, *what; } figs[] = {
		{ "tables", "page-table pages preserved" }, { "table_bytes", "bytes of tables" },
		{ "records", "records preserved" }, { "record_bytes", "bytes of records" },
		{ "leaves_compared", "mappings compared" },
		{ "entries_compared", "table entries compared" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(figs); i++)
		if (run_fig(r, figs[i].key))
			row(figs[i].what, "%s", run_fig(r, figs[i].key));
}

static void print_phases(const struct run *r, int update)
{
	int64_t begin, end, frozen, down;
	const char *how;
	size_t i;

	for (i = 0; i < nphases; i++) {
		if (!phase_span(r, &phases[i], update, &begin, &end))
			continue;
		row(phases[i].label, "%.1f ms", (end - begin) / 1e6);
		if (strcmp(phases[i].key, "kexec"))
			continue;
		frozen = kernel_frozen(r, update);
		if (frozen)
			row("  of it: freeze", "%.1f ms", (frozen - begin) / 1e6);
		down = kernel_down(r, update, &how);
		if (down)
			row("  of it: previous kernel down", "%.1f ms",
			    (down - begin) / 1e6);
	}
}

static bool print_story(const struct run *r)
{
	struct tap tap = {};
	const struct fact *f = r->live->facts, *end = f + r->live->nfacts;
	int u;

	puts("");
	if (r->live->any_tx)
		print_traffic(r);
	print_preserved(r);
	for (u = 1; u <= r->needs->updates; u++)
		print_phases(r, u);
	for (; f < end; f++)
		bad_line(&tap, f->text, f->kind != FACT_NOT_OK, f->why);
	rules_judge(r, bad_line, &tap);
	printf("\n%s\n  %s/report.json\n  %s/dma.svg\n", verdict_line(r, !tap.bad), r->out,
	       r->out);
	return !tap.bad;
}

bool verdict_print(const struct run *r)
{
	return r->opt->story ? print_story(r) : print_tap(r);
}
