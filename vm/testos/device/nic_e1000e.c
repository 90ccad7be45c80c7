// SPDX-License-Identifier: GPL-2.0
/*
 * Intel 82574 ("e1000e"): receive queue 0 with legacy descriptors, MSI-X vector 0.
 *
 * A finished descriptor keeps its buffer address; length and status are in the second
 * half. Vector 0 carries the frames of queue 0 and clears its own cause; the mask bit stays
 * because acknowledging is told not to clear it.
 */
#include "device/nic.h"
#include "os/util.h"

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

static void rx_start(nic_regs regs, uint64_t iova, uint32_t entries)
{
	nic_link_up(regs);
	nic_ring_program(&nic_e1000e, regs, iova, entries);
	nic_receive(&nic_e1000e, regs, entries);
}

static void irq_enable(nic_regs regs)
{
	nic_write(regs, CTRL_EXT, nic_read(regs, CTRL_EXT) | CTRL_EXT_IAME);
	nic_write(regs, EIAC, CAUSE_RXQ0);
	nic_write(regs, IVAR, IVAR_RXQ0_VECTOR0);
	nic_write(regs, IMS, CAUSE_RXQ0);
}

static void irq_inject(nic_regs regs)
{
	nic_write(regs, ICR, CAUSE_RXQ0);
	nic_write(regs, IMS, CAUSE_RXQ0);
	nic_write(regs, ICS, CAUSE_RXQ0);
}

static int desc_len(const void *desc)
{
	const volatile uint32_t *word = desc;

	return word[3] & DESC_DONE ? (int)(word[2] & 0xffff) : -1;
}

const struct nic_ops nic_e1000e = {
	.model = "e1000e", .rx_base = QUEUE0, .rx_start = rx_start, .irq_enable = irq_enable,
	.irq_inject = irq_inject, .desc_len = desc_len,
};
