/* SPDX-License-Identifier: GPL-2.0 */
/* What the Linux guest counts, for the guest and for observers on the host. See guest.c. */
#ifndef VM_LINUX_GUEST_H
#define VM_LINUX_GUEST_H

#include <stdint.h>

#include "frame.h"

#define LINUX_COUNTS_AT	0x4000000u	/* guest-physical; the command line keeps Linux off it */

/* All start at 0 and only grow. Frames are numbered from 0 on, in either direction. */
struct linux_counts {
	uint64_t begun;		/* starts of process 1 */
	uint64_t ready;		/* its NIC's link is up */
	struct frame_counts got;
	uint64_t sent;		/* frames, an answer to each one that it got */
	uint64_t links;		/* changes of the link */
	uint64_t backwards;	/* times that the clock went back */
	uint64_t clock;		/* CLOCK_MONOTONIC at the last frame */
};

#endif /* VM_LINUX_GUEST_H */
