// SPDX-License-Identifier: GPL-2.0
/*
 * What the two NIC models share: link, ring, head and tail.
 *
 * The ring is filled once, before reception starts, and never refilled: descriptor k
 * belongs to frame k for good. So the ring is a log of everything that the NIC wrote, and
 * looking at it needs no register. Head and tail sit at the same place behind the queue's
 * base in both models.
 *
 * Invariant: after a live update nothing here is called but nic_head(), nic_receiving() and
 * the interrupt operations, none of which touches reception.
 */
#include <string.h>

#include "device/nic.h"
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

const struct nic_ops *nic_ops_of(const char *model)
{
	static const struct nic_ops *const all[] = { &nic_igb, &nic_e1000e };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(model, all[i]->model))
			return all[i];
	bail_out("there is no NIC code for model \"%s\"", model);
}

static bool link_negotiated(nic_regs regs)
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
void nic_link_up(nic_regs regs)
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

void nic_ring_fill(void *ring, uint64_t buf_iova, uint32_t entries)
{
	uint64_t *desc = ring;
	uint32_t i;

	for (i = 0; i < entries; i++) {
		desc[2 * i] = buf_iova + (uint64_t)i * RING_BUF;
		desc[2 * i + 1] = 0;
	}
}

void nic_ring_program(const struct nic_ops *ops, nic_regs regs, uint64_t iova, uint32_t entries)
{
	nic_write(regs, ops->rx_base + NIC_RX_LOW, (uint32_t)iova);
	nic_write(regs, ops->rx_base + NIC_RX_HIGH, iova >> 32);
	nic_write(regs, ops->rx_base + NIC_RX_LEN, entries * RING_DESC);
	nic_write(regs, ops->rx_base + NIC_RX_HEAD, 0);
	nic_write(regs, ops->rx_base + NIC_RX_TAIL, 0);
}

/* From here on the NIC writes what comes. */
void nic_receive(const struct nic_ops *ops, nic_regs regs, uint32_t entries)
{
	nic_write(regs, NIC_RCTL, NIC_RCTL_EN | NIC_RCTL_UPE | NIC_RCTL_MPE | NIC_RCTL_BAM |
		  NIC_RCTL_BUF256 | NIC_RCTL_SECRC);
	nic_write(regs, ops->rx_base + NIC_RX_TAIL, entries - 1);
}

uint32_t nic_head(const struct nic_ops *ops, nic_regs regs)
{
	return nic_read(regs, ops->rx_base + NIC_RX_HEAD);
}

bool nic_receiving(nic_regs regs)
{
	return nic_read(regs, NIC_RCTL) & NIC_RCTL_EN;
}
