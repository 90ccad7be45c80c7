// SPDX-License-Identifier: GPL-2.0
/*
 * An NVMe controller's second drive, the store: it can be written, and the emulator takes few
 * writes per second. Queue 2 is for it and has no interrupts.
 *
 * Command k is entry k of the submission queue. The completion queue is never emptied, so it is the
 * log of all commands: one is right if one entry has its number, and no error.
 */
#include <string.h>

#include "device/nvme_queue.h"
#include "os/report.h"
#include "os/util.h"

#define STORE_ID	2u		/* as a namespace */
#define PATIENCE_MS	10000

static uint16_t to_store(const struct dma_device *d, uint8_t opcode, uint32_t block,
			 const void *buffer)
{
	struct queues *q = d->memory;
	uint16_t id = q->to_the_store++;

	if (q->to_the_store == STORE_ENTRIES)
		bail_out("too many commands for the NVMe controller's second drive");
	q->store_sq[id] = (struct command){
		.opcode = opcode, .id = id, .nsid = STORE_ID, .cdw10 = block,
		.prp = { d->place->iova + ((const uint8_t *)buffer - (const uint8_t *)q) },
	};
	nvme_doorbell(d->regs, STORE, false, q->to_the_store);
	return id;
}

/* How often command @id has completed without an error */
static unsigned int completions(const struct queues *q, uint16_t id)
{
	const struct completion *c;
	unsigned int n = 0;

	for (c = q->store_cq; c < q->store_cq + STORE_ENTRIES; c++)
		n += __atomic_load_n(&c->status, __ATOMIC_ACQUIRE) == 1 && c->id == id;
	return n;
}

static bool complete(const struct dma_device *d, uint16_t id)
{
	int ms;

	for (ms = 0; !completions(d->memory, id) && ms < PATIENCE_MS; ms++)
		sleep_ms(1);
	return completions(d->memory, id) == 1;
}

static uint64_t word_of(uint32_t block, uint32_t i)
{
	return ((uint64_t)block * BLOCK + i + 1) * 0xbf58476d1ce4e5b9ull;
}

static uint16_t begin_write(const struct dma_device *d, uint32_t block)
{
	struct queues *q = d->memory;
	uint32_t i;

	for (i = 0; i < BLOCK / 8; i++)
		q->to_store[block][i] = word_of(block, i);
	return to_store(d, WRITE, block, q->to_store[block]);
}

void nvme_begin_writes(const struct dma_device *d)
{
	uint32_t block;

	for (block = 0; block < NVME_WRITES; block++)
		begin_write(d, block);
}

unsigned int nvme_written(const struct dma_device *d)
{
	unsigned int n = 0;
	uint16_t id;

	for (id = 0; id < NVME_WRITES; id++)
		n += completions(d->memory, id);
	return n;
}

bool nvme_await_writes(const struct dma_device *d)
{
	uint16_t id;

	for (id = 0; id < NVME_WRITES; id++)
		if (!complete(d, id))
			return false;
	return true;
}

bool nvme_write_another(const struct dma_device *d)
{
	return complete(d, begin_write(d, NVME_WRITES));
}

unsigned int nvme_stored(const struct dma_device *d)
{
	struct queues *q = d->memory;
	unsigned int n = 0;
	uint32_t block, i;

	for (block = 0; block <= NVME_WRITES; block++) {
		memset(q->from_store, 0xff, BLOCK);
		if (!complete(d, to_store(d, READ, block, q->from_store)))
			return n;
		for (i = 0; i < BLOCK / 8 && q->from_store[i] == word_of(block, i); i++)
			;
		n += i == BLOCK / 8;
	}
	return n;
}
