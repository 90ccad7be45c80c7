// SPDX-License-Identifier: GPL-2.0
/*
 * Intel 82576 ("igb"): receive queue 0 with advanced descriptors, MSI-X vector 0.
 *
 * A finished descriptor is written back whole, the buffer address in it is gone; the buffer
 * is known from the descriptor's number. Vector 0 carries the frames of queue 0 and clears
 * its own cause, so it fires again for each frame.
 */
#include "device/nic.h"

#define CTRL_EXT		0x0018
#define CTRL_EXT_DRV_LOAD	(1u << 28)
#define GPIE			0x1514
#define GPIE_MSIX_MODE		(1u << 4)
#define EICS			0x1520
#define EIMS			0x1524
#define EIAC			0x152c
#define EICR			0x1580
#define IVAR0			0x1700
#define IVAR_VALID		0x80u
#define VECTOR0			1u

#define QUEUE0			0xc000
#define SRRCTL			0x0c
#define SRRCTL_ADVANCED		(1u << 25)
#define RXDCTL_ENABLE		(1u << 25)

#define DESC_DONE		1u

static void start(const struct dma_device *d)
{
	nic_write(d->regs, CTRL_EXT, nic_read(d->regs, CTRL_EXT) | CTRL_EXT_DRV_LOAD);
	nic_link_up(d->regs);
	nic_ring_program(d);
	nic_write(d->regs, QUEUE0 + SRRCTL, SRRCTL_ADVANCED);
	nic_write(d->regs, QUEUE0 + NIC_RX_CTL, RXDCTL_ENABLE);
	nic_receive(d);
}

static void irq_enable(const struct dma_device *d)
{
	nic_write(d->regs, GPIE, GPIE_MSIX_MODE);
	nic_write(d->regs, EIAC, VECTOR0);
	nic_write(d->regs, IVAR0, IVAR_VALID);
	nic_write(d->regs, EIMS, VECTOR0);
}

static void irq_inject(const struct dma_device *d)
{
	nic_write(d->regs, EICR, VECTOR0);
	nic_write(d->regs, EIMS, VECTOR0);
	nic_write(d->regs, EICS, VECTOR0);
}

static int desc_len(const void *ring, uint32_t i)
{
	const volatile uint32_t *word = nic_desc(ring, i);

	return word[2] & DESC_DONE ? (int)(word[3] & 0xffff) : -1;
}

const struct nic_model nic_igb = {
	.ops = {
		.model = "igb",
		.ids = 0x808610c9u,
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
