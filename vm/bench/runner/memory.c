// SPDX-License-Identifier: GPL-2.0
/*
 * The table of cases whose memory is as large as what they map: what an update costs for a
 * GiB of memory, and whose cost it is.
 *
 * KHO's and LUO's share is preserving and retrieving the memfds, and the boot beyond that of
 * the base case without memory, but for the steps of the live update code within; ours is
 * all that is done for iommufds and devices.
 */
#include <string.h>

#include "bench.h"

static bool has_memory(const struct bench_case *c)
{
	return c->base && !strncmp(c->base, "none-mem", strlen("none-mem"));
}

static void millions(FILE *f, double x)
{
	if (isnan(x))
		fputs(" not measured |", f);
	else
		fprintf(f, " %.2f |", x / 1e6);
}

static void write_case(FILE *f, const struct bench *b, const struct bench_case *c)
{
	const char *n = c->name;
	double gib = (double)c->pool * (c->sessions ? c->sessions : 1) / 1024;
	double restore = median_of(b, 0, n, "attach_devices");
	double boot = median_of(b, 0, n, "boot") - median_of(b, 0, c->base, "boot") - restore;

	fprintf(f, "| %s | %.1f | %.3f | %.0f | %.0f | %.0f |", c->title,
		median_of(b, 0, n, "pause") / 1e6,
		median_of(b, 0, n, "pause") / median_of(b, 0, c->base, "pause"),
		median_of(b, 0, n, "memory_keys"), median_of(b, 0, n, "keys"),
		median_of(b, 0, n, "record_bytes"));
	millions(f, median_of(b, 0, n, "preserve_memory") / gib);
	millions(f, (median_of(b, 0, n, "preserve_iommufd") +
		     median_of(b, 0, n, "preserve_devices")) / gib);
	millions(f, boot / gib);
	millions(f, median_of(b, 0, n, "retrieve_memory") / gib);
	millions(f, (restore + median_of(b, 0, n, "retrieve_iommufd") +
		     median_of(b, 0, n, "retrieve_devices")) / gib);
	millions(f, median_of(b, 0, n, "adopt") * c->devices / gib);
	fputs("\n", f);
}

void memory_write(FILE *f, const struct bench *b)
{
	size_t c;

	fputs("\n## Memory\n\nMillions of instructions; all but the pause for each GiB. Those of KHO "
	      "and LUO: memory preserved, boot, memory retrieved. Ours: the rest.\n\n"
	      "| memory | pause | : nothing preserved | keys, memory | keys, ours "
	      "| bytes of records | memory preserved | tables, devices preserved | boot "
	      "| memory retrieved | devices restored, retrieved | adopted |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n", f);
	for (c = 0; c < ncases; c++)
		if (has_memory(&cases[c]) && b->samples[0][c].runs)
			write_case(f, b, &cases[c]);
}
