/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A NIC that receives by DMA into a ring in the VM's memory. The models differ in registers
 * and in how a finished descriptor looks; everything else is shared. See nic.c.
 */
#ifndef TESTOS_NIC_H
#define TESTOS_NIC_H

#include <stdbool.h>
#include <stdint.h>

#define RING_ENTRIES	65528u		/* the most that the length register takes */
#define RING_DESC	16u
#define RING_BUF	256u
#define RING_BUFS_AT	(1024ull * 1024)
#define RING_BYTES	(RING_BUFS_AT + RING_ENTRIES * RING_BUF)
#define RING_SIZE	((RING_BYTES + 4095) & ~4095ull)

typedef volatile uint32_t *nic_regs;

struct nic_ops {
	const char *model;
	uint32_t rx_base;	/* offset of RDBAL; the rest of the queue follows it */
	/* Reception into a ring of @entries descriptors at @iova; registers as after reset. */
	void (*rx_start)(nic_regs regs, uint64_t iova, uint32_t entries);
	/* Vector 0 for received frames; the eventfd is armed already. */
	void (*irq_enable)(nic_regs regs);
	/* One interrupt out of nothing, reception is not touched. */
	void (*irq_inject)(nic_regs regs);
	/* Length of the frame in a finished descriptor, -1 when it is not finished. */
	int (*desc_len)(const void *desc);
};

const struct nic_ops *nic_ops_of(const char *model);

static inline uint32_t nic_read(nic_regs regs, uint32_t at)
{
	return regs[at / 4];
}

static inline void nic_write(nic_regs regs, uint32_t at, uint32_t value)
{
	regs[at / 4] = value;
}

/* shared by the models: registers at the same place in both */
void nic_link_up(nic_regs regs);
void nic_ring_fill(void *ring, uint64_t buf_iova, uint32_t entries);
void nic_ring_program(const struct nic_ops *ops, nic_regs regs, uint64_t iova, uint32_t entries);
void nic_receive(const struct nic_ops *ops, nic_regs regs, uint32_t entries);
uint32_t nic_head(const struct nic_ops *ops, nic_regs regs);
bool nic_receiving(nic_regs regs);

#define NIC_RCTL	0x0100
#define NIC_RCTL_EN	(1u << 1)
#define NIC_RCTL_UPE	(1u << 3)
#define NIC_RCTL_MPE	(1u << 4)
#define NIC_RCTL_BAM	(1u << 15)
#define NIC_RCTL_BUF256	(3u << 16)
#define NIC_RCTL_SECRC	(1u << 26)

/* offsets from rx_base */
#define NIC_RX_LOW	0x00
#define NIC_RX_HIGH	0x04
#define NIC_RX_LEN	0x08
#define NIC_RX_HEAD	0x10
#define NIC_RX_TAIL	0x18
#define NIC_RX_CTL	0x28

extern const struct nic_ops nic_igb, nic_e1000e;

#endif /* TESTOS_NIC_H */
