/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NICs as DMA devices: a NIC receives into a ring in the VM's memory. The models differ in
 * registers and in the layout of a finished descriptor; the rest is shared. See nic.c.
 */
#ifndef TESTOS_NIC_H
#define TESTOS_NIC_H

#include "device/dma_device.h"

#define NIC_BAR_SIZE	(128 * 1024)
#define RING_ENTRIES	65528u		/* the most that the length register takes */
#define RING_DESC	16u
#define VIRTIO_ENTRIES	1024u		/* the most that a virtqueue has */
#define RING_BUF	256u
#define RING_BUFS_AT	(1024ull * 1024)
#define RING_BYTES	(RING_BUFS_AT + RING_ENTRIES * RING_BUF)
#define RING_SIZE	((RING_BYTES + 4095) & ~4095ull)

struct nic_model {
	struct dma_device_ops ops;
	uint32_t rx_base;	/* offset of RDBAL; the rest of the queue follows it */
	uint32_t ivar;		/* igb: offset of the register that gives the queue a vector */
	uint32_t entries;	/* descriptors, RING_ENTRIES at most */
	uint32_t buffer;	/* bytes of each; 0: RING_BUF */
	/* Length of the frame in descriptor @i, -1 if it is not finished */
	int (*desc_len)(const void *ring, uint32_t i);
};

extern const struct nic_model nic_igb, nic_igbvf, nic_e1000e, nic_virtio, nvme;

static inline uint32_t nic_read(device_regs regs, uint32_t at)
{
	return regs[at / 4];
}

static inline const void *nic_desc(const void *ring, uint32_t i)
{
	return (const uint8_t *)ring + (uint64_t)i * RING_DESC;
}

static inline void nic_write(device_regs regs, uint32_t at, uint32_t value)
{
	regs[at / 4] = value;
}

/* shared by igb, igbvf and e1000e: registers at the same place in all that have them */
const struct nic_model *nic_model_of(const struct dma_device *d);
void nic_prepare(const struct device_place *place, void *ring);
void nic_stop(const struct dma_device *d);
bool nic_receiving(device_regs regs);
void nic_link_up(device_regs regs);
void nic_ring_program(const struct dma_device *d);
void nic_ring_offer(const struct dma_device *d);
void nic_receive(const struct dma_device *d);
uint32_t nic_progress(const struct dma_device *d);

/* shared by all */
uint32_t nic_completed(const struct dma_device *d, const void *ring);
uint64_t nic_verify(const struct dma_device *d, const void *ring);

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

#endif /* TESTOS_NIC_H */
