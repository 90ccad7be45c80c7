// SPDX-License-Identifier: GPL-2.0
/*
 * Intel 82574 ("e1000e"): receive queue 0 with legacy descriptors, MSI-X vector 0.
 *
 * A finished descriptor keeps its buffer address; length and status are in the second
 * half. Vector 0 carries the frames of queue 0 and clears its own cause; the mask bit stays
 * because auto-clear is configured not to clear it.
 */
#include "device/nic.h"

#define CTRL_EXT		0x0018
#define CTRL_EXT_IAME		(1u << 27)	/* auto-clear does not mask */
#define ICR			0x00c0
#define ICS			0x00c8
#define IMS			0x00d0
#define EIAC			0x00dc
#define IVAR			0x00e4
#define IVAR_RXQ0_VECTOR0	0x8u
#define CAUSE_RXQ0		(1u << 20)

#define QUEUE0			0x2800
#define DESC_DONE		1u

static void start(const struct dma_device *d)
{
	nic_link_up(d->regs);
	nic_ring_program(d);
	nic_receive(d);
}

static void irq_enable(const struct dma_device *d)
{
	nic_write(d->regs, CTRL_EXT, nic_read(d->regs, CTRL_EXT) | CTRL_EXT_IAME);
	nic_write(d->regs, EIAC, CAUSE_RXQ0);
	nic_write(d->regs, IVAR, IVAR_RXQ0_VECTOR0);
	nic_write(d->regs, IMS, CAUSE_RXQ0);
}

static void irq_inject(const struct dma_device *d)
{
	nic_write(d->regs, ICR, CAUSE_RXQ0);
	nic_write(d->regs, IMS, CAUSE_RXQ0);
	nic_write(d->regs, ICS, CAUSE_RXQ0);
}

static int desc_len(const void *ring, uint32_t i)
{
	const volatile uint32_t *word = nic_desc(ring, i);

	return word[3] & DESC_DONE ? (int)(word[2] & 0xffff) : -1;
}

const struct nic_model nic_e1000e = {
	.ops = {
		.model = "e1000e",
		.ids = 0x808610d3u,
		.bar_size = NIC_BAR_SIZE,
		.memory_size = RING_SIZE,
		.prepare = nic_prepare,
		.start = start,
		.stop = nic_stop,
		.irq_enable = irq_enable,
		.irq_inject = irq_inject,
		.running = nic_receiving,
		.progress = nic_progress,
		.completed = nic_completed,
		.verify = nic_verify,
	},
	.rx_base = QUEUE0,
	.entries = RING_ENTRIES,
	.desc_len = desc_len,
};
