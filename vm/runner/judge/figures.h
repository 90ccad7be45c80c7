/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_FIGURES_H
#define VM_RUNNER_FIGURES_H

#include "core/run.h"

/* A phase of an update: from one mark to another, each in the old (0) or the next kernel (1). */
struct phase {
	const char *key;
	const char *label;
	const char *begin;
	const char *end;
	int begin_in;
	int end_in;
};

extern const struct phase phases[];
extern const size_t nphases;

struct totals {
	struct nic_figures sum;	/* over the judged NICs; latencies and gaps: the worst */
	uint64_t back_pressure;
	uint64_t max_queued;
	size_t written;		/* by the emulator's trace */
	size_t untranslated;
	bool counted;		/* the guest looked into every judged ring */
	int judged;		/* NICs that went on */
};

bool phase_span(const struct run *r, const struct phase *p, int update, int64_t *begin,
		int64_t *end);
int64_t kernel_frozen(const struct run *r, int update);
int64_t kernel_down(const struct run *r, int update, const char **how);
void figures_compute(struct run *r);
struct totals figures_total(const struct run *r);

#endif /* VM_RUNNER_FIGURES_H */
