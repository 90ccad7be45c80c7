/* SPDX-License-Identifier: GPL-2.0 */
/* The queues of an NVMe controller, which lie in its memory. See nvme.c and nvme_store.c. */
#ifndef TESTOS_NVME_QUEUE_H
#define TESTOS_NVME_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/nic.h"
#include "device/nvme.h"

#define WRITE		0x01
#define READ		0x02

#define STORE		2u		/* queue */
#define ADMIN_ENTRIES	64u
#define STORE_ENTRIES	64u
#define FRAME_ENTRIES	2048u		/* the most that the emulator's queues have */
#define BLOCK		512u

struct command {
	uint8_t opcode, flags;
	uint16_t id;
	uint32_t nsid;
	uint64_t reserved, metadata, prp[2];
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct completion {
	uint32_t result, reserved;
	uint16_t sq_head, sq;
	uint16_t id;
	uint16_t status;		/* bit 0: the phase, which changes with each round */
};

/* In the first MiB of the device's memory, before the blocks */
struct queues {
	struct command admin_sq[ADMIN_ENTRIES];
	_Alignas(4096) struct completion admin_cq[ADMIN_ENTRIES];
	_Alignas(4096) struct command sq[FRAME_ENTRIES];
	struct completion cq[FRAME_ENTRIES];
	uint8_t early[BLOCK];
	_Alignas(4096) struct command store_sq[STORE_ENTRIES];
	_Alignas(4096) struct completion store_cq[STORE_ENTRIES];
	_Alignas(4096) uint64_t to_store[NVME_WRITES + 1][BLOCK / 8], from_store[BLOCK / 8];
	/* The VM's own: admin commands submitted and completed, events among the latter */
	uint32_t submitted, completed, events;
	uint16_t last_id, last_status;
	uint16_t to_the_store;		/* commands submitted to queue 2 */
};

_Static_assert(sizeof(struct command) == 64 && sizeof(struct completion) == 16, "NVMe entries");
_Static_assert(sizeof(struct queues) <= RING_BUFS_AT, "the queues fit");

void nvme_doorbell(device_regs regs, unsigned int queue, bool completions, uint32_t value);

#endif /* TESTOS_NVME_QUEUE_H */
