/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device that does DMA all the time and is judged by the memory it writes.
 *
 * The story of an update is the same for each kind of device: prepare its memory, start it,
 * leave it alone over the kexec, verify the memory. A kind of device implements struct
 * dma_device_ops; today that are NICs (nic.c, with a file for each model). Another kind is one
 * more file, and an entry in dma_device.c.
 *
 * Memory and progress are counted in transfers: one frame received, one block written.
 */
#ifndef TESTOS_DMA_DEVICE_H
#define TESTOS_DMA_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/pci.h"

typedef volatile uint32_t *device_regs;

/* Handed to the next kernel: which device, and where its memory is */
struct device_place {
	char bdf[BDF_LEN];
	char model[16];
	uint32_t index;		/* number by which the runner knows the device */
	uint32_t space;		/* of the VM's IOASes */
	uint32_t mem;		/* of the VM's memfds: the memory it writes to */
	uint32_t msix;		/* vectors that were armed */
	uint64_t iova;		/* of that memory */
	uint32_t head;		/* progress at the last look of the previous kernel */
	uint32_t token;		/* it, or a virtual function of it, is opened with a token */
};

/* In one kernel: descriptors and mappings */
struct dma_device {
	struct device_place *place;
	const struct dma_device_ops *ops;
	device_regs regs;	/* the BAR of its model */
	void *memory;		/* that it writes to, in this process; NULL: not mapped */
	int dev;		/* vfio character device */
	int event;		/* eventfd of MSI-X vector 0 */
	uint32_t id;		/* device in the iommufd */
};

struct dma_device_ops {
	const char *model;
	uint32_t ids;		/* vendor << 16 | device */
	unsigned int bar;	/* with the registers */
	uint64_t bar_size;
	uint64_t memory_size;
	unsigned int most_rate;	/* transfers per second of a story; 0: any */

	/* Fill @memory before the device is started: descriptors with IOVAs, empty buffers. */
	void (*prepare)(const struct device_place *place, void *memory);
	/* Start DMA to @place->iova; registers are as after a reset. */
	void (*start)(const struct dma_device *d);
	void (*stop)(const struct dma_device *d);
	/* Enable vector 0 for each transfer; the eventfd is armed already. */
	void (*irq_enable)(const struct dma_device *d);
	/* Raise vector 0 once; DMA is not touched. */
	void (*irq_inject)(const struct dma_device *d);

	/* Of a physical function: let virtual functions that were reset do DMA again; NULL: they do. */
	void (*serve)(const struct dma_device *d);

	/* By registers: is it started? */
	bool (*running)(device_regs regs);
	/* How many transfers did it make? By registers if these say so, else by memory. */
	uint32_t (*progress)(const struct dma_device *d);
	/* By memory: how many transfers are complete? */
	uint32_t (*completed)(const struct dma_device *d, const void *memory);
	/* State facts and figures about each transfer in @memory; returns how many are right. */
	uint64_t (*verify)(const struct dma_device *d, const void *memory);
};

const struct dma_device_ops *dma_device_ops(const char *model);	/* bails out */

/* The @index-th function that testos can drive, in the order of addresses */
bool dma_device_find(unsigned int index, char bdf[BDF_LEN]);
const char *dma_device_model(const char *bdf);

/* The registers: of a device that is open, or for looking only */
void dma_device_map(struct dma_device *d);
void dma_device_look(struct dma_device *d, const char *bdf, const char *model);
void dma_device_unmap(struct dma_device *d);

static inline uint32_t device_progress(const struct dma_device *d)
{
	return d->ops->progress(d);
}

/* Does it make more than @n transfers? It has 200 looks for that. */
bool device_reaches(const struct dma_device *d, uint32_t n);

/* Its sender was stopped: until nothing more is under way */
void device_await_silence(const struct dma_device *d);

#endif /* TESTOS_DMA_DEVICE_H */
