/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tiny guest keeps in its memory, for itself and for whoever looks on from outside.
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

/* All begin at 0 and only grow. Frames carry numbers from 0 on. */
struct counts {
	uint64_t begun;		/* how often the guest was started from its first instruction */
	uint64_t received;	/* whole frames with the number that was due or a later one */
	uint64_t next;		/* the number that is due */
	uint64_t missing;	/* numbers that were left out */
	uint64_t again;		/* frames with a number that was past already */
	uint64_t bad;		/* what came and is no whole frame */
	uint64_t interrupts;
	uint64_t backwards;	/* how often the clock went back */
	uint64_t clock;		/* TSC when the last interrupt came */
	uint64_t longest;	/* between two interrupts, in ticks of the TSC */
	uint64_t forgotten;	/* what cpu_forgotten() has ever told */
};

#endif /* GUEST_GUEST_H */
