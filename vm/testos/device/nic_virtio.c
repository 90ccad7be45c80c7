// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-net with the modern interface and split rings: receive queue 0, MSI-X vector 0.
 *
 * Descriptor k has buffer k, is offered as number k and is used as number k; so the used ring
 * is the log of all frames that the device wrote. A virtqueue has 1024 entries at most and is not
 * refilled, so the rate is low: a frame more would not be received.
 *
 * The device writes a header before each frame; a descriptor begins that much before its
 * buffer. A frame that is sent makes the device raise the vector: that injects an interrupt. The
 * progress of a queue is in memory only.
 */
#include <stddef.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "device/nic.h"
#include "device/ring.h"
#include "os/report.h"
#include "os/util.h"

/* BAR 4, as the emulator lays it out */
#define BAR		4
#define BAR_SIZE	(16 * KIB)
#define NOTIFY		0x3000
#define NOTIFY_STRIDE	4

#define HEADER		sizeof(struct virtio_net_hdr_v1)
#define RX		0u
#define TX		1u
#define TX_ENTRIES	64u
#define TX_FRAME	60u

/*
 * In the first MiB of the device's memory, before the receive buffers. No used element lies in two
 * pages: the emulator writes all of it to where the first page is.
 */
struct queues {
	struct vring_desc rx[VIRTIO_ENTRIES];
	struct vring_desc tx[TX_ENTRIES];
	_Alignas(8) struct {
		uint16_t flags, idx, ring[VIRTIO_ENTRIES];
	} rx_avail;
	_Alignas(8) uint32_t before_rx_used;
	struct {
		uint16_t flags, idx;
		struct vring_used_elem ring[VIRTIO_ENTRIES];
	} rx_used;
	_Alignas(8) struct {
		uint16_t flags, idx, ring[TX_ENTRIES];
	} tx_avail;
	_Alignas(8) uint32_t before_tx_used;
	struct {
		uint16_t flags, idx;
		struct vring_used_elem ring[TX_ENTRIES];
	} tx_used;
	uint8_t tx_frame[HEADER + TX_FRAME];
};

_Static_assert(offsetof(struct queues, rx_used.ring) % 8 == 0, "used elements are aligned");
_Static_assert(sizeof(struct queues) <= RING_BUFS_AT - RING_BUF, "the queues fit");

/* Registers of 1, 2 and 4 bytes: the device answers only to their own width. */
static void write8(device_regs regs, unsigned int at, uint8_t value)
{
	((volatile uint8_t *)regs)[at] = value;
}

static uint8_t read8(device_regs regs, unsigned int at)
{
	return ((volatile uint8_t *)regs)[at];
}

static void write16(device_regs regs, unsigned int at, uint16_t value)
{
	((volatile uint16_t *)regs)[at / 2] = value;
}

static uint16_t read16(device_regs regs, unsigned int at)
{
	return ((volatile uint16_t *)regs)[at / 2];
}

static void write64(device_regs regs, unsigned int at, uint64_t value)
{
	nic_write(regs, at, (uint32_t)value);
	nic_write(regs, at + 4, value >> 32);
}

static void prepare(const struct device_place *place, void *memory)
{
	uint64_t buffers = place->iova + RING_BUFS_AT - HEADER;
	struct queues *q = memory;
	uint32_t i;

	memset(memory, 0, RING_SIZE);
	for (i = 0; i < VIRTIO_ENTRIES; i++) {
		q->rx[i] = (struct vring_desc){
			.addr = buffers + (uint64_t)i * RING_BUF, .len = RING_BUF,
			.flags = VRING_DESC_F_WRITE,
		};
		q->rx_avail.ring[i] = i;
	}
	q->rx_avail.idx = VIRTIO_ENTRIES;
	q->tx[0] = (struct vring_desc){
		.addr = place->iova + offsetof(struct queues, tx_frame),
		.len = sizeof(q->tx_frame),
	};
	memset(q->tx_frame + HEADER, 0xff, 6);
}

static void negotiate(device_regs regs)
{
	const uint8_t driver = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	const uint64_t features = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_ACCESS_PLATFORM;

	write8(regs, VIRTIO_PCI_COMMON_STATUS, 0);
	while (read8(regs, VIRTIO_PCI_COMMON_STATUS))
		sleep_ms(1);
	write8(regs, VIRTIO_PCI_COMMON_STATUS, driver);
	nic_write(regs, VIRTIO_PCI_COMMON_GFSELECT, 0);
	nic_write(regs, VIRTIO_PCI_COMMON_GF, (uint32_t)features);
	nic_write(regs, VIRTIO_PCI_COMMON_GFSELECT, 1);
	nic_write(regs, VIRTIO_PCI_COMMON_GF, features >> 32);
	write8(regs, VIRTIO_PCI_COMMON_STATUS, driver | VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(read8(regs, VIRTIO_PCI_COMMON_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK))
		bail_out("the NIC refuses its features");
}

struct queue_place {
	uint16_t entries;
	uint64_t desc, avail, used;
};

static void enable_queue(device_regs regs, uint16_t queue, const struct queue_place *at)
{
	write16(regs, VIRTIO_PCI_COMMON_Q_SELECT, queue);
	if (read16(regs, VIRTIO_PCI_COMMON_Q_SIZE) < at->entries)
		bail_out("queue %u of the NIC has less than %u entries", queue, at->entries);
	write16(regs, VIRTIO_PCI_COMMON_Q_SIZE, at->entries);
	write16(regs, VIRTIO_PCI_COMMON_Q_MSIX, 0);
	if (read16(regs, VIRTIO_PCI_COMMON_Q_MSIX))
		bail_out("queue %u of the NIC takes no vector", queue);
	write64(regs, VIRTIO_PCI_COMMON_Q_DESCLO, at->desc);
	write64(regs, VIRTIO_PCI_COMMON_Q_AVAILLO, at->avail);
	write64(regs, VIRTIO_PCI_COMMON_Q_USEDLO, at->used);
	write16(regs, VIRTIO_PCI_COMMON_Q_ENABLE, 1);
}

static void notify(device_regs regs, uint16_t queue)
{
	write16(regs, NOTIFY + queue * NOTIFY_STRIDE, queue);
}

#define QUEUE(iova, name, n) {						\
	.entries = n,							\
	.desc = (iova) + offsetof(struct queues, name),			\
	.avail = (iova) + offsetof(struct queues, name##_avail),	\
	.used = (iova) + offsetof(struct queues, name##_used),		\
}

static void start(const struct dma_device *d)
{
	const struct queue_place rx = QUEUE(d->place->iova, rx, VIRTIO_ENTRIES);
	const struct queue_place tx = QUEUE(d->place->iova, tx, TX_ENTRIES);
	uint8_t status;

	negotiate(d->regs);
	enable_queue(d->regs, RX, &rx);
	enable_queue(d->regs, TX, &tx);
	status = read8(d->regs, VIRTIO_PCI_COMMON_STATUS);
	write8(d->regs, VIRTIO_PCI_COMMON_STATUS, status | VIRTIO_CONFIG_S_DRIVER_OK);
	notify(d->regs, RX);
}

static void stop(const struct dma_device *d)
{
	write8(d->regs, VIRTIO_PCI_COMMON_STATUS, 0);
}

static void irq_enable(const struct dma_device *d)
{
	(void)d;	/* a queue has its vector before it is enabled */
}

static void irq_inject(const struct dma_device *d)
{
	struct queues *q = d->memory;

	/* descriptor 0 each time: ring[] stays 0 */
	__atomic_add_fetch(&q->tx_avail.idx, 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	notify(d->regs, TX);
}

static bool running(device_regs regs)
{
	return read8(regs, VIRTIO_PCI_COMMON_STATUS) & VIRTIO_CONFIG_S_DRIVER_OK;
}

static uint16_t used(const void *memory)
{
	const struct queues *q = memory;

	return __atomic_load_n(&q->rx_used.idx, __ATOMIC_ACQUIRE);
}

static uint32_t progress(const struct dma_device *d)
{
	return d->memory ? used(d->memory) : 0;
}

static int desc_len(const void *memory, uint32_t i)
{
	const struct queues *q = memory;

	if (i >= used(memory) || q->rx_used.ring[i].id != i || q->rx_used.ring[i].len < HEADER)
		return -1;
	return q->rx_used.ring[i].len - HEADER;
}

const struct nic_model nic_virtio = {
	.ops = {
		.model = "virtio",
		.ids = 0x1af41041u,
		.bar = BAR,
		.bar_size = BAR_SIZE,
		.memory_size = RING_SIZE,
		.most_rate = 16,	/* enough for the minute of a debug kernel */
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
	.entries = VIRTIO_ENTRIES,
	.desc_len = desc_len,
};
