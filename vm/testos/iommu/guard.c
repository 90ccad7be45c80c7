// SPDX-License-Identifier: GPL-2.0
/*
 * The guard: a pattern in physical memory at the very addresses that the NICs use as IOVAs.
 *
 * A NIC whose requests are not translated writes to the physical address that equals the
 * IOVA, and no fault is raised for it. The memory there is kept from both kernels by
 * memmap= on the command line, so a byte that changed was written by a device.
 *
 * Invariant: without that parameter the memory belongs to the kernel, and the
 * guard is neither filled nor looked at.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommu/guard.h"
#include "os/phys.h"
#include "os/util.h"
#include "scenario.h"

#define GUARD_SIZE	(64ull << 20)

bool guard_possible(void)
{
	return !geteuid() && strstr(cmdline_line(), SCENARIO_GUARD_CMDLINE);
}

static uint64_t pattern(uint64_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ull ^ 0x6472617567ull;
}

void guard_fill(void)
{
	uint64_t *at = phys_map(SCENARIO_GUARD_BASE, GUARD_SIZE), i;

	for (i = 0; i < GUARD_SIZE / 8; i++)
		at[i] = pattern(i);
	munmap(at, GUARD_SIZE);
}

/* Number of 64-bit words that differ from the pattern of guard_fill(). */
uint64_t guard_changed(void)
{
	uint64_t *at = phys_map(SCENARIO_GUARD_BASE, GUARD_SIZE), i, n = 0;

	for (i = 0; i < GUARD_SIZE / 8; i++)
		n += at[i] != pattern(i);
	munmap(at, GUARD_SIZE);
	return n;
}
