// SPDX-License-Identifier: GPL-2.0
/*
 * The code shared by igb, igbvf and e1000e: link, ring, head and tail.
 *
 * The ring is filled once, before reception starts, and never refilled: descriptor k
 * belongs to frame k for good. So the ring is a log of all frames that the NIC wrote, and
 * examining it needs no register. Head and tail are at the same offset from the queue's base
 * in all models.
 *
 * Invariant: after a live update only nic_progress(), nic_receiving() and the interrupt operations
 * are called, none of which affects reception; and a physical function serves virtual functions
 * that were reset.
 */
#include <stddef.h>
#include <string.h>

#include "device/nic.h"
#include "device/ring.h"
#include "os/report.h"
#include "os/util.h"

#define CTRL		0x0000
#define CTRL_SLU	(1u << 6)
#define STATUS		0x0008
#define STATUS_LU	(1u << 1)
#define MDIC		0x0020
#define MDIC_WRITE_PHY1	(1u << 26 | 1u << 21)
#define MDIC_READY	(1u << 28)
#define BMCR_AUTONEG	0x1200		/* enable and restart auto-negotiation */

const struct nic_model *nic_model_of(const struct dma_device *d)
{
	return (const void *)((const char *)d->ops - offsetof(struct nic_model, ops));
}

static bool link_negotiated(device_regs regs)
{
	int i;

	nic_write(regs, MDIC, MDIC_WRITE_PHY1 | BMCR_AUTONEG);
	for (i = 0; i < 100 && !(nic_read(regs, MDIC) & MDIC_READY); i++)
		sleep_ms(1);
	for (i = 0; i < 200 && !(nic_read(regs, STATUS) & STATUS_LU); i++)
		sleep_ms(10);
	return nic_read(regs, STATUS) & STATUS_LU;
}

/* After a function-level reset the link stays down until auto-negotiation ran again. */
void nic_link_up(device_regs regs)
{
	int i;

	nic_write(regs, CTRL, nic_read(regs, CTRL) | CTRL_SLU);
	for (i = 0; i < 3; i++) {
		if (link_negotiated(regs))
			return;
		diag("the link did not come up, once more (control %#x, status %#x)",
		     nic_read(regs, CTRL), nic_read(regs, STATUS));
	}
	bail_out("the NIC's link stays down");
}

void nic_prepare(const struct device_place *place, void *ring)
{
	uint64_t *desc = ring;
	uint32_t i;

	memset(ring, 0, RING_SIZE);
	for (i = 0; i < RING_ENTRIES; i++)
		desc[2 * i] = place->iova + RING_BUFS_AT + (uint64_t)i * RING_BUF;
}

void nic_ring_program(const struct dma_device *d)
{
	const struct nic_model *model = nic_model_of(d);
	uint32_t base = model->rx_base;

	nic_write(d->regs, base + NIC_RX_LOW, (uint32_t)d->place->iova);
	nic_write(d->regs, base + NIC_RX_HIGH, d->place->iova >> 32);
	nic_write(d->regs, base + NIC_RX_LEN, model->entries * RING_DESC);
	nic_write(d->regs, base + NIC_RX_HEAD, 0);
	nic_write(d->regs, base + NIC_RX_TAIL, 0);
}

void nic_ring_offer(const struct dma_device *d)
{
	const struct nic_model *model = nic_model_of(d);

	nic_write(d->regs, model->rx_base + NIC_RX_TAIL, model->entries - 1);
}

/* From here on the NIC writes the frames it receives. */
void nic_receive(const struct dma_device *d)
{
	nic_write(d->regs, NIC_RCTL, NIC_RCTL_EN | NIC_RCTL_UPE | NIC_RCTL_MPE | NIC_RCTL_BAM |
		  NIC_RCTL_BUF256 | NIC_RCTL_SECRC);
	nic_ring_offer(d);
}

void nic_stop(const struct dma_device *d)
{
	nic_write(d->regs, NIC_RCTL, 0);
}

bool nic_receiving(device_regs regs)
{
	return nic_read(regs, NIC_RCTL) & NIC_RCTL_EN;
}

uint32_t nic_progress(const struct dma_device *d)
{
	return nic_read(d->regs, nic_model_of(d)->rx_base + NIC_RX_HEAD);
}

uint32_t nic_completed(const struct dma_device *d, const void *ring)
{
	return ring_finished(nic_model_of(d), ring);
}

uint64_t nic_verify(const struct dma_device *d, const void *ring)
{
	return ring_verify(nic_model_of(d), d->place->index, ring);
}
