/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One run of one scenario: read-only access to all that is known about it.
 *
 * The data is filled in steps. Each step gets a writable pointer to its own part and this
 * structure for the parts before it:
 *   options, needs   core/      before the machine starts
 *   live             qemu/      while it runs: machine_run()
 *   parsed           qemu/      afterwards, from the emulator's trace: trace_read()
 *   judged           judge/     figures_compute()
 * Rules and printers write none of it.
 */
#ifndef VM_RUNNER_RUN_H
#define VM_RUNNER_RUN_H

#include "judged.h"
#include "live.h"
#include "needs.h"
#include "options.h"
#include "parsed.h"
#include "util.h"

struct platform;

#define IMAGE_SIZE	(128 << 20)	/* as scripts/guest-image.sh makes it */

struct run {
	const struct platform *platform;
	const struct options *opt;
	const struct needs *needs;
	const struct live *live;
	const struct parsed *parsed;
	const struct judged *judged;
	bool control;		/* frames must be lost */
	const char *image;	/* the file of IMAGE_SIZE in the memory of a device; NULL: there is none */
	char out[512];		/* directory of the results */
};

/* The update's window: events outside are reported, never judged. */
struct window {
	int64_t begin;
	int64_t end;
};

/* The first mark @name of kernel @kernel (0: of any); NULL if there is none. */
const struct mark *run_mark(const struct run *r, const char *name, int kernel);

/* Its time, 0 if there is none. */
int64_t run_mark_time(const struct run *r, const char *name, int kernel);

/* The number of an event; that of the last one plus one if there is none */
size_t run_next_event(const struct run *r, size_t i, enum event_kind kind, int device);
size_t run_event_after(const struct run *r, int64_t t);

struct window run_window(const struct run *r);

/* When the rings were looked at for the last time. */
int64_t run_final(const struct run *r);

/* Does @device stay preserved through all updates? -1: do all of them? */
bool run_preserved(const struct run *r, int device);

/* Count the events @kind of preserved devices and of the IOMMU in the window. */
size_t run_events(const struct run *r, enum event_kind kind, const struct event **first);

/* A figure that the kernel under test reported; NULL if it did not. */
const char *run_fig(const struct run *r, const char *key);
int64_t run_fig_int(const struct run *r, int64_t absent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* DMA faults in the kernels' logs, without those of devices that are meant to be blocked. */
size_t run_logged_faults(const struct run *r);

/* Seconds since the emulator started. */
double run_seconds(const struct run *r, int64_t t);

#endif /* VM_RUNNER_RUN_H */
