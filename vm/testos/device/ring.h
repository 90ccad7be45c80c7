/* SPDX-License-Identifier: GPL-2.0 */
/* Judging a receive ring by its memory. See ring.c. */
#ifndef TESTOS_RING_H
#define TESTOS_RING_H

#include <stdint.h>

#include "device/nic.h"

struct ring_scan {
	uint64_t received;	/* distinct whole frames */
	uint64_t dup;
	uint64_t order;		/* frames that came after a later one */
	uint64_t moved;		/* frames whose descriptor is not the one of their number */
	uint64_t holes;		/* unfinished descriptors before the last finished one */
	uint64_t badsum;	/* finished descriptors without a whole frame of this NIC */
	uint64_t stray;		/* bytes written behind the last finished descriptor's buffer */
	uint64_t first;
	uint64_t last;
	uint32_t finished;	/* descriptors up to and with the last finished one */
};

uint32_t ring_finished(const struct nic_model *model, const void *ring);
void ring_scan(const struct nic_model *model, const void *ring, uint32_t nic,
	       struct ring_scan *out);

/* Scan the ring of NIC @nic and state facts and figures; returns the whole frames in it. */
uint64_t ring_verify(const struct nic_model *model, uint32_t nic, const void *ring);

#endif /* TESTOS_RING_H */
