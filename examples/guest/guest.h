/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layout of the guest's memory, for the guest and for observers on the host.
 * Offsets are from BOARD_RAM.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdint.h>

#define GUEST_COUNTS_AT	0x100000u	/* struct counts */
#define GUEST_RING_AT	0x200000u	/* descriptors, then at GUEST_BUFS_AT their buffers */
#define GUEST_BUFS_AT	0x400000u
#define GUEST_RING	4096u		/* entries */
#define GUEST_BUF	256u

/* All start at 0 and only grow. Frames are numbered from 0 on. */
struct counts {
	uint64_t begun;		/* starts of the guest at its entry point */
	uint64_t received;	/* complete frames with the expected number or a later one */
	uint64_t next;		/* the expected number */
	uint64_t missing;	/* skipped numbers */
	uint64_t again;		/* frames with an earlier number */
	uint64_t bad;		/* incomplete frames */
	uint64_t interrupts;
	uint64_t backwards;	/* times that the clock went back */
	uint64_t clock;		/* TSC at the last interrupt */
	uint64_t longest;	/* longest time between two interrupts, in TSC ticks */
	uint64_t forgotten;	/* all bits that cpu_forgotten() returned */
};

#endif /* GUEST_GUEST_H */
