/* SPDX-License-Identifier: GPL-2.0 */
/* Figures computed from the live and parsed data. Written by judge/figures.c, read by others. */
#ifndef VM_RUNNER_JUDGED_H
#define VM_RUNNER_JUDGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "needs.h"

/* Frames, and times in ns. */
struct device_figures {
	int64_t sent, received, lost, dup, order, holes, badsum;
	int64_t before, during, after;		/* written before, in, after the update's window */
	int64_t silent;				/* written while no kernel ran userspace */
	int64_t p50, p99, max;			/* latency */
	int64_t max_undisturbed;		/* likewise, without the emulator's pauses */
	int64_t gap_before, gap_during, gap_after;
};

/* Over the devices that stay preserved and had traffic. */
struct totals {
	struct device_figures sum;	/* latencies and gaps: the worst of them */
	uint64_t back_pressure;
	uint64_t max_queued;
	size_t written;			/* by the emulator's trace */
	size_t untranslated;
	bool counted;			/* every ring was counted by the kernel under test */
	int devices;
};

struct judged {
	struct device_figures device[MAX_DEVICES];
	struct totals total;
};

#endif /* VM_RUNNER_JUDGED_H */
