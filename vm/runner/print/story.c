// SPDX-License-Identifier: GPL-2.0
/*
 * The steps as they happen: one sentence each with the time since the machine started. A table
 * has the sentences for the marks of the kernel under test; a mark without one prints nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "story.h"

static const struct {
	const char *mark;
	const char *sentence;
} sentences[] = {
	{ "rx_on", "the NIC receives: its DMA goes through the IOMMU into the VM's memory" },
	{ "preserve.begin", "preserving memory, page table and device ..." },
	{ "preserve.end", "preserved" },
	{ "load.end", "the next kernel is loaded" },
	{ "reboot", "kexec: the previous kernel ends, frames still arrive" },
	{ "retrieve.begin", "retrieving the session ..." },
	{ "retrieve.end", "memory, iommufd and device are retrieved" },
	{ "bind.end", "the device is bound" },
	{ "adopt.begin", "adopting the active page table ..." },
	{ "adopt.end", "adopted: all entries compared, none changed" },
	{ "attach.end", "attached" },
	{ "finish.end", "finished: the next kernel owns all of it" },
	{ "rearm", "interrupts are armed again" },
	{ "scan", "counting the frames in the receive rings ..." },
};

static void stamp(const struct run *r)
{
	printf("[%6.2f s] ", run_seconds(r, now_ns()));
}

void story_line(const struct run *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->opt->story)
		return;
	stamp(r);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void story_mark(const struct run *r, const struct mark *m)
{
	size_t i;

	if (!strcmp(m->name, "hello")) {
		story_line(r, "userspace runs in kernel %d", m->kernel);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(sentences); i++)
		if (!strcmp(m->name, sentences[i].mark))
			story_line(r, "%s", sentences[i].sentence);
}

void story_fact(const struct run *r, const struct fact *f)
{
	static const char *const words[] = { "ok", "NOT OK", "skipped" };

	story_line(r, "  %s: %s%s%s", words[f->kind], f->text, *f->why ? " - " : "", f->why);
}

void story_diag(const struct run *r, const char *line)
{
	if (r->opt->shell)
		return;
	if (r->opt->story) {
		story_line(r, "  (%s)", line);
		return;
	}
	printf("# %s\n", line);
	fflush(stdout);
}

/* @banner: "Linux version 6.1.0 (builder) ..." */
void story_kernel(const struct run *r, int kernel, const char *banner)
{
	char version[64] = "";

	sscanf(banner, "Linux version %63s", version);
	story_line(r, "kernel %d boots: Linux %s", kernel, version);
}
