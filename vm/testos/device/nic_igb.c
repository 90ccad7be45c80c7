// SPDX-License-Identifier: GPL-2.0
/*
 * Intel 82576 ("igb") and its virtual functions ("igbvf"): one receive queue with advanced
 * descriptors, MSI-X vector 0.
 *
 * A finished descriptor is written back whole, the buffer address in it is gone; the buffer
 * is known from the descriptor's number. Vector 0 carries the frames of the queue and clears
 * its own cause, so it fires again for each frame.
 *
 * Queue N belongs to virtual function N if there is one, so the physical function uses the last
 * one. Broadcast frames go to its queue, others to the virtual function with their address. A
 * virtual function receives after each reset as soon as the physical one lets it.
 */
#include "device/nic.h"
#include "frame.h"
#include "os/util.h"

#define CTRL_EXT		0x0018
#define CTRL_EXT_DRV_LOAD	(1u << 28)
#define GPIE			0x1514
#define GPIE_MSIX_MODE		(1u << 4)
#define EICS			0x1520
#define EIMS			0x1524
#define EIAC			0x152c
#define EICR			0x1580
#define IVAR(queue)		(0x1700 + 4 * (queue))
#define IVAR_VALID		0x80u
#define VECTOR0			1u

/* Queues by virtual machine ("pool"), of which each has one address */
#define MRQC			0x5818
#define MRQC_POOLS		3u
#define RAL(i)			(0x5400 + 8 * (i))
#define RAH(i)			(0x5404 + 8 * (i))
#define RAH_VALID		(1u << 31)
#define RAH_POOL(pool)		(1u << (18 + (pool)))
#define VMOLR(pool)		(0x5ad0 + 4 * (pool))
#define VMOLR_BROADCAST		(1u << 27)
#define VFLRE			0x0c88		/* virtual functions that were reset */
#define VFRE			0x0c8c		/* pools that receive */

#define QUEUE(n)		(0xc000 + 0x40 * (n))
#define VF_QUEUE		0x2800
#define SRRCTL			0x0c
#define SRRCTL_ADVANCED		(1u << 25)
#define RXDCTL_ENABLE		(1u << 25)

#define DESC_DONE		1u

/* Without bus mastering the emulator reads the rest of the ring as empty, and reports each entry */
#define VF_ENTRIES		16384u

#define OWN			7u		/* the physical function's queue and pool */

static void queue_program(const struct dma_device *d)
{
	const uint32_t base = nic_model_of(d)->rx_base;

	nic_ring_program(d);
	nic_write(d->regs, base + SRRCTL, SRRCTL_ADVANCED);
	nic_write(d->regs, base + NIC_RX_CTL, RXDCTL_ENABLE);
}

/* As the runner addresses the frames of NICs behind this one */
static void pools_program(const struct dma_device *d)
{
	uint32_t pool;

	for (pool = 0; pool < OWN; pool++) {
		const uint8_t at[6] = FRAME_ADDRESS(d->place->index + 1 + pool);

		nic_write(d->regs, RAL(1 + pool), at[0] | at[1] << 8 | at[2] << 16 |
						  (uint32_t)at[3] << 24);
		nic_write(d->regs, RAH(1 + pool), at[4] | at[5] << 8 | RAH_POOL(pool) | RAH_VALID);
	}
	nic_write(d->regs, VMOLR(OWN), nic_read(d->regs, VMOLR(OWN)) | VMOLR_BROADCAST);
	nic_write(d->regs, VFRE, 1u << OWN);
	nic_write(d->regs, MRQC, MRQC_POOLS);
}

static void start(const struct dma_device *d)
{
	nic_write(d->regs, CTRL_EXT, nic_read(d->regs, CTRL_EXT) | CTRL_EXT_DRV_LOAD);
	nic_link_up(d->regs);
	pools_program(d);
	queue_program(d);
	nic_receive(d);
}

static void start_virtual(const struct dma_device *d)
{
	queue_program(d);
	nic_ring_offer(d);
}

static void stop_virtual(const struct dma_device *d)
{
	nic_write(d->regs, VF_QUEUE + NIC_RX_CTL, 0);
}

static bool virtual_receiving(device_regs regs)
{
	return nic_read(regs, VF_QUEUE + NIC_RX_CTL) & RXDCTL_ENABLE;
}

static void serve(const struct dma_device *d)
{
	const uint32_t were_reset = nic_read(d->regs, VFLRE);

	nic_write(d->regs, VFLRE, were_reset);
	nic_write(d->regs, VFRE, nic_read(d->regs, VFRE) | were_reset);
}

static void irq_enable_virtual(const struct dma_device *d)
{
	nic_write(d->regs, EIAC, VECTOR0);
	nic_write(d->regs, nic_model_of(d)->ivar, IVAR_VALID);
	nic_write(d->regs, EIMS, VECTOR0);
}

static void irq_enable(const struct dma_device *d)
{
	nic_write(d->regs, GPIE, GPIE_MSIX_MODE);
	irq_enable_virtual(d);
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
		.serve = serve,
		.running = nic_receiving,
		.progress = nic_progress,
		.completed = nic_completed,
		.verify = nic_verify,
	},
	.rx_base = QUEUE(OWN),
	.ivar = IVAR(OWN),
	.entries = RING_ENTRIES,
	.desc_len = desc_len,
};

const struct nic_model nic_igbvf = {
	.ops = {
		.model = "igbvf",
		.ids = 0x808610cau,
		.bar_size = 16 * KIB,
		.memory_size = RING_SIZE,
		.prepare = nic_prepare,
		.start = start_virtual,
		.stop = stop_virtual,
		.irq_enable = irq_enable_virtual,
		.irq_inject = irq_inject,
		.running = virtual_receiving,
		.progress = nic_progress,
		.completed = nic_completed,
		.verify = nic_verify,
	},
	.rx_base = VF_QUEUE,
	.ivar = IVAR(0),
	.entries = VF_ENTRIES,
	.desc_len = desc_len,
};
