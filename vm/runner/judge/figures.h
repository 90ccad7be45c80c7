/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_FIGURES_H
#define VM_RUNNER_FIGURES_H

#include "core/run.h"

/* A phase of an update: from a mark to a mark, each of the previous (0) or next kernel (1). */
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

/* False if the update has no such phase. */
bool phase_span(const struct run *r, const struct phase *p, int update, int64_t *begin,
		int64_t *end);

/*
 * When the previous kernel had frozen the last device: it then masks the device's interrupts,
 * which the emulator shows if there are any. 0: not seen.
 */
int64_t kernel_frozen(const struct run *r, int update);

/*
 * The last act of the previous kernel that the emulator shows: the IOMMU pointed to its
 * minimal root table, switched off, or (without the feature) bus master cleared, whichever
 * comes last before the next kernel can have begun. 0: not seen.
 */
int64_t kernel_down(const struct run *r, int update, const char **how);

/*
 * Did the previous kernel switch the IOMMU's logs and command buffer off? They lie in memory that
 * the next kernel uses for something else until it sets up the IOMMU.
 */
bool log_was_off(const struct run *r, int update);

/*
 * From when on the previous kernel's interrupt remapping table is empty: its switch right after
 * the last act above. Without such a switch a device has one entry for DMA and interrupts: the time
 * of the last act, or that of the first DMA that was blocked, if it is earlier. 0: not seen.
 */
int64_t interrupts_blocked(const struct run *r, int update);

/* When the next kernel begins to use a table of its own. 0: not seen. */
int64_t interrupts_set_up(const struct run *r, int update);

void figures_compute(const struct run *r, struct judged *j);

#endif /* VM_RUNNER_FIGURES_H */
