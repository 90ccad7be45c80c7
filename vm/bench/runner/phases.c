// SPDX-License-Identifier: GPL-2.0
/*
 * The phases of a pause. Userspace writes a line with its tick into the log of each kernel, so
 * that the times of all other lines convert to ticks:
 *
 *	tick of a line = tick of that line + (time of the line - time of that line)
 *
 * A phase reaches from one line to the next; the work of a kernel before its clock runs ends at
 * the line about the clock. The steps of the live update code within a phase are the durations
 * of its tracepoints.
 *
 * Invariant: the phases add up to the pause; the live update's steps are in no other phase.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/util.h"
#include "platform.h"

#define TICK_LINE "bench: tick "

const struct phase_name phase_names[] = {
	{ "phase_old", "previous kernel shuts down", "#fde8c8", false },
	{ "phase_early", "next kernel unpacks, finds its memory", "#d1d5db", false },
	{ "phase_core", "CPU, memory, ACPI", "#e5e7eb", false },
	{ "phase_pci", "PCI", "#bfdbfe", false },
	{ "phase_iommu", "IOMMU driver", "#c7d2fe", false },
	{ "phase_drivers", "drivers, initramfs", "#ddd6fe", false },
	{ "phase_init", "userspace starts", "#bbf7d0", false },
	{ "phase_memory", "memory retrieved", "#99f6e4", false },
	{ "phase_restore", "tables and devices restored", "#dc2626", true },
	{ "phase_retrieve", "iommufd and devices retrieved", "#f97316", true },
};

const size_t nphase_names = ARRAY_SIZE(phase_names);

struct log {
	char *text;
	double zero;		/* the tick at the log's time 0 */
};

static double first_number(const struct samples *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->nfigures; i++)
		if (!strcmp(s->figures[i].key, key) && s->figures[i].n)
			return s->figures[i].values[s->figures[i].n - 1];
	return 0;
}

static char *read_text(const char *path)
{
	size_t n = 0, room = 1 << 20;
	char *s = calloc(1, room + 1);
	FILE *f = fopen(path, "r");

	if (!s)
		die("out of memory");
	if (f) {
		n = fread(s, 1, room, f);
		fclose(f);
	}
	s[n] = 0;
	return s;
}

/* The time, in ns, of the log's line with @words; NAN if there is none. */
static double time_of(const char *log, const char *words)
{
	const char *at = strstr(log, words);
	double s;

	for (; at && at > log && at[-1] != '\n'; at--)
		;
	return at && sscanf(at, "[%lf]", &s) == 1 ? s * 1e9 : NAN;
}

static struct log log_open(const char *dir, int kernel)
{
	char *path = text("%s/console-%d.log", dir, kernel);
	struct log log = { read_text(path), NAN };
	const char *at = strstr(log.text, TICK_LINE);

	if (at)
		log.zero = strtod(at + strlen(TICK_LINE), NULL) - time_of(log.text, TICK_LINE);
	free(path);
	return log;
}

static double tick_of(const struct log *log, const char *words)
{
	return log->zero + time_of(log->text, words);
}

/* From tick to tick, without the live update's steps within */
static void add(struct samples *s, const char *key, double from, double to, double steps)
{
	if (!isnan(to - from))
		figure_add(s, key, to - from - steps);
}

void phases_read(struct samples *s, const char *dir)
{
	double reboot = first_number(s, "reboot"), born = first_number(s, "born");
	double restore = first_number(s, "attach_devices");	/* domains are restored in it */
	double retrieve = first_number(s, "retrieve_iommufd") +
			  first_number(s, "retrieve_devices");
	const struct platform *platform = platform_find(NULL);
	struct log previous = log_open(dir, 1), next = log_open(dir, 2);
	double down = tick_of(&previous, "Starting new kernel"), pci, iommu, drivers, init;

	pci = tick_of(&next, "PCI host bridge to bus");
	iommu = tick_of(&next, platform->init_begins);
	drivers = tick_of(&next, platform->init_ends);
	init = tick_of(&next, "Run /init");
	add(s, "phase_old", reboot, down, 0);
	add(s, "phase_early", down, next.zero, 0);
	add(s, "phase_core", next.zero, pci, 0);
	add(s, "phase_pci", pci, iommu, 0);
	add(s, "phase_iommu", iommu, drivers, restore);
	add(s, "phase_drivers", drivers, init, 0);
	add(s, "phase_init", init, born, 0);
	add(s, "phase_memory", born, first_number(s, "running"), retrieve);
	if (!isnan(next.zero)) {
		figure_add(s, "phase_restore", restore);
		figure_add(s, "phase_retrieve", retrieve);
	}
	free(previous.text);
	free(next.text);
}
