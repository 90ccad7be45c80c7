// SPDX-License-Identifier: GPL-2.0
/*
 * Driver of an Intel 82576 ("igb"): one receive queue, advanced descriptors, MSI-X vector 0.
 *
 * A descriptor and its buffer belong to the NIC from the moment when the tail has passed it
 * until the NIC has marked it as done, which overwrites the buffer's address. One descriptor
 * is always left out, so that head equals tail only when the NIC has no descriptor.
 */
#include "board.h"
#include "guest.h"
#include "nic.h"

#define CTRL		0x0000
#define CTRL_LINK_UP	(1u << 6)
#define STATUS		0x0008
#define STATUS_LINK_UP	(1u << 1)
#define CTRL_EXT	0x0018
#define CTRL_EXT_DRIVER	(1u << 28)
#define MDIC		0x0020
#define MDIC_NEGOTIATE	(1u << 26 | 1u << 21 | 0x1200)	/* PHY 1, register 0 */
#define RCTL		0x0100
#define RCTL_RECEIVE	(1u << 1 | 3u << 3 | 1u << 15 | 1u << 26) /* all, without checksum */
#define RCTL_BUF256	(3u << 16)
#define GPIE		0x1514
#define GPIE_MSIX	(1u << 4)
#define EIMS		0x1524
#define EIAC		0x152c
#define IVAR0		0x1700
#define IVAR_VECTOR0	0x80u
#define RDBAL		0xc000
#define RDBAH		0xc004
#define RDLEN		0xc008
#define SRRCTL		0xc00c
#define SRRCTL_ADVANCED	(1u << 25)
#define RDT		0xc018
#define RXDCTL		0xc028
#define RXDCTL_ENABLE	(1u << 25)

#define DONE		1u

static volatile uint64_t (*const ring)[2] = (void *)(BOARD_RAM + GUEST_RING_AT);
static uint32_t at;		/* the descriptor that the NIC completes next */

static volatile uint32_t *reg(uint32_t offset)
{
	return (volatile uint32_t *)(BOARD_NIC + offset);
}

static uint64_t buffer(uint32_t i)
{
	return BOARD_RAM + GUEST_BUFS_AT + i * GUEST_BUF;
}

static void fill(uint32_t i)
{
	ring[i][0] = buffer(i);
	ring[i][1] = 0;
}

static void bring_link_up(void)
{
	*reg(CTRL_EXT) |= CTRL_EXT_DRIVER;
	*reg(CTRL) |= CTRL_LINK_UP;
	*reg(MDIC) = MDIC_NEGOTIATE;
	while (!(*reg(STATUS) & STATUS_LINK_UP))
		__builtin_ia32_pause();
}

void nic_start(void)
{
	uint32_t i;

	bring_link_up();
	for (i = 0; i < GUEST_RING; i++)
		fill(i);
	*reg(RDBAL) = (uint32_t)(BOARD_RAM + GUEST_RING_AT);
	*reg(RDBAH) = 0;
	*reg(RDLEN) = GUEST_RING * 16;
	*reg(SRRCTL) = SRRCTL_ADVANCED;
	*reg(GPIE) = GPIE_MSIX;
	*reg(EIAC) = 1;
	*reg(IVAR0) = IVAR_VECTOR0;
	*reg(EIMS) = 1;
	*reg(RXDCTL) = RXDCTL_ENABLE;
	*reg(RCTL) = RCTL_RECEIVE | RCTL_BUF256;
	*reg(RDT) = GUEST_RING - 1;
}

const void *nic_frame(void)
{
	return ring[at][1] & DONE ? (const void *)buffer(at) : 0;
}

void nic_give_back(void)
{
	fill(at);
	at = (at + 1) % GUEST_RING;
}

void nic_refill(void)
{
	*reg(RDT) = (at + GUEST_RING - 1) % GUEST_RING;
}
