// SPDX-License-Identifier: GPL-2.0
/*
 * An NVMe controller, driven through its registers: the admin queue, I/O queue 1 with vector 0, and
 * I/O queue 2 without interrupts (nvme_store.c). A frame is a block of the drive. The VM asks for
 * all of them at the start, one block with each command, and the drive has block k when frame k is
 * sent: until then the command is outstanding.
 *
 * Command k has block k, buffer k and number k, and completes as entry k of the completion
 * queue, which is long enough for all of them and never emptied. So that queue is the log of all
 * frames that the device wrote. An entry of another command, or of a failed one, is a hole in it.
 * Before these are EARLY reads of a block that is always there: the emulator reports no read
 * before as many as that are complete.
 *
 * The admin queue always has one request outstanding that the controller completes when it has
 * something to report (Asynchronous Event Request). Another admin command injects an interrupt.
 */
#include <stddef.h>
#include <string.h>

#include "device/nvme_queue.h"
#include "os/report.h"
#include "os/util.h"

#define BAR		0
#define BAR_SIZE	(8 * KIB)	/* registers and doorbells; the vectors follow */
#define CC		0x14
#define CC_ON		(6u << 16 | 4u << 20 | 1)	/* entries of 64 and of 16 bytes */
#define CSTS		0x1c
#define CSTS_READY	1u
#define AQA		0x24
#define ASQ		0x28
#define ACQ		0x30
#define DOORBELL	0x1000
#define PATIENCE_MS	10000
#define FETCH_MS	20

#define CREATE_SQ	0x01
#define CREATE_CQ	0x05
#define SET_FEATURES	0x09
#define GET_FEATURES	0x0a
#define EVENT_REQUEST	0x0c
#define TEMPERATURE	0x04		/* features */
#define QUEUES		0x07
#define EVENTS		0x0b
#define CONTIGUOUS	1u
#define INTERRUPTS	2u

#define ADMIN		0u
#define FRAMES		1u
#define EARLY		16u
#define FRAME_READS	(FRAME_ENTRIES - 1 - EARLY)
#define LAST_BLOCK	2047u
#define EVENT_ID	0u		/* command identifier of the request for events */

static void write64(device_regs regs, unsigned int at, uint64_t value)
{
	nic_write(regs, at, (uint32_t)value);
	nic_write(regs, at + 4, value >> 32);
}

void nvme_doorbell(device_regs regs, unsigned int queue, bool completions, uint32_t value)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	nic_write(regs, DOORBELL + (2 * queue + completions) * 4, value);
}

static struct command read_block(uint16_t id, uint32_t block, uint64_t to)
{
	return (struct command){
		.opcode = READ, .id = id, .nsid = 1, .cdw10 = block, .prp = { to },
	};
}

static void prepare(const struct device_place *place, void *memory)
{
	struct queues *q = memory;
	uint32_t i;

	memset(memory, 0, RING_SIZE);
	for (i = 0; i < EARLY; i++)
		q->sq[i] = read_block(FRAME_READS + i, LAST_BLOCK,
				      place->iova + offsetof(struct queues, early));
	for (i = 0; i < FRAME_READS; i++)
		q->sq[EARLY + i] = read_block(i, i, place->iova + RING_BUFS_AT +
					      (uint64_t)i * BLOCK);
}

static void submit(const struct dma_device *d, struct command command)
{
	struct queues *q = d->memory;

	q->admin_sq[q->submitted % ADMIN_ENTRIES] = command;
	q->submitted++;
	nvme_doorbell(d->regs, ADMIN, false, q->submitted % ADMIN_ENTRIES);
}

static void await_events(const struct dma_device *d)
{
	submit(d, (struct command){ .opcode = EVENT_REQUEST, .id = EVENT_ID });
}

/* Look at the admin commands that have completed. */
static void reap(const struct dma_device *d)
{
	struct queues *q = d->memory;
	uint32_t before = q->completed, round;
	const struct completion *c;
	uint16_t status;

	for (;; q->completed++) {
		c = &q->admin_cq[q->completed % ADMIN_ENTRIES];
		round = q->completed / ADMIN_ENTRIES;
		status = __atomic_load_n(&c->status, __ATOMIC_ACQUIRE);
		if ((status & 1) == (round & 1))
			break;
		if (c->id == EVENT_ID) {
			q->events++;
			continue;
		}
		q->last_id = c->id;
		q->last_status = status >> 1;
	}
	if (q->completed != before)
		nvme_doorbell(d->regs, ADMIN, true, q->completed % ADMIN_ENTRIES);
}

/* Each command has its own identifier until many more were submitted. */
static uint16_t next_id(const struct queues *q)
{
	return q->submitted % 0x8000 + 1;
}

static void admin(const struct dma_device *d, struct command command)
{
	struct queues *q = d->memory;
	int ms;

	reap(d);
	command.id = next_id(q);
	submit(d, command);
	for (ms = 0; q->last_id != command.id && ms < PATIENCE_MS; ms++) {
		sleep_ms(1);
		reap(d);
	}
	if (q->last_id != command.id || q->last_status)
		bail_out("the NVMe controller's admin command %#x: %s, status %#x", command.opcode,
			 q->last_id == command.id ? "failed" : "not completed", q->last_status);
}

static void switch_to(device_regs regs, uint32_t config, uint32_t ready)
{
	int ms;

	nic_write(regs, CC, config);
	for (ms = 0; (nic_read(regs, CSTS) & CSTS_READY) != ready; ms++) {
		if (ms == PATIENCE_MS)
			bail_out("the NVMe controller stays %s", ready ? "off" : "on");
		sleep_ms(1);
	}
}

static void enable(const struct dma_device *d)
{
	switch_to(d->regs, 0, 0);
	nic_write(d->regs, AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
	write64(d->regs, ASQ, d->place->iova + offsetof(struct queues, admin_sq));
	write64(d->regs, ACQ, d->place->iova + offsetof(struct queues, admin_cq));
	switch_to(d->regs, CC_ON, CSTS_READY);
}

/* Places are in the queues. */
static void create(const struct dma_device *d, uint32_t queue, uint32_t entries, uint64_t sq,
		   uint64_t cq, uint32_t interrupts)
{
	const uint32_t which = (entries - 1) << 16 | queue;

	admin(d, (struct command){
		.opcode = CREATE_CQ, .cdw10 = which, .cdw11 = CONTIGUOUS | interrupts,
		.prp = { d->place->iova + cq } });
	admin(d, (struct command){
		.opcode = CREATE_SQ, .cdw10 = which, .cdw11 = CONTIGUOUS | queue << 16,
		.prp = { d->place->iova + sq } });
}

static void start(const struct dma_device *d)
{
	enable(d);
	create(d, FRAMES, FRAME_ENTRIES, offsetof(struct queues, sq),
	       offsetof(struct queues, cq), INTERRUPTS);
	create(d, STORE, STORE_ENTRIES, offsetof(struct queues, store_sq),
	       offsetof(struct queues, store_cq), 0);
	admin(d, (struct command){ .opcode = SET_FEATURES, .cdw10 = EVENTS, .cdw11 = 0xff });
	await_events(d);
	nvme_doorbell(d->regs, FRAMES, false, FRAME_ENTRIES - 1);
	/* The emulator does nothing else for half a second. */
	sleep_ms(FETCH_MS);
	admin(d, (struct command){ .opcode = GET_FEATURES, .cdw10 = QUEUES });
}

static void stop(const struct dma_device *d)
{
	nic_write(d->regs, CC, 0);
}

static void irq_enable(const struct dma_device *d)
{
	(void)d;	/* a queue has its vector from the start */
}

static void irq_inject(const struct dma_device *d)
{
	reap(d);
	submit(d, (struct command){ .opcode = GET_FEATURES, .id = next_id(d->memory),
				    .cdw10 = QUEUES });
}

static bool running(device_regs regs)
{
	return nic_read(regs, CSTS) & CSTS_READY;
}

static int desc_len(const void *memory, uint32_t i)
{
	const struct completion *c = &((const struct queues *)memory)->cq[EARLY + i];
	uint16_t status = __atomic_load_n(&c->status, __ATOMIC_ACQUIRE);

	return status == 1 && c->id == i && c->sq == FRAMES ? (int)BLOCK : -1;
}

static uint32_t progress(const struct dma_device *d)
{
	return d->memory ? nic_completed(d, d->memory) : 0;
}

unsigned int nvme_events(const struct dma_device *d)
{
	reap(d);
	return ((const struct queues *)d->memory)->events;
}

/* It is warmer than that. */
void nvme_cause_event(const struct dma_device *d)
{
	admin(d, (struct command){ .opcode = SET_FEATURES, .cdw10 = TEMPERATURE });
}

const struct nic_model nvme = {
	.ops = {
		.model = "nvme",
		.ids = 0x80865845u,	/* other drives, which are not judged, have the emulator's own */
		.bar = BAR,
		.bar_size = BAR_SIZE,
		.memory_size = RING_SIZE,
		.most_rate = 32,	/* enough for the minute of a debug kernel */
		.prepare = prepare,
		.start = start,
		.stop = stop,
		.irq_enable = irq_enable,
		.irq_inject = irq_inject,
		.running = running,
		.progress = progress,
		.completed = nic_completed,
		.verify = nic_verify,
	},
	.entries = FRAME_READS,
	.buffer = BLOCK,
	.desc_len = desc_len,
};
