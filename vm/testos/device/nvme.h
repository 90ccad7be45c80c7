/* SPDX-License-Identifier: GPL-2.0 */
/* NVMe: what a VM does besides reading frames. See nvme.c and nvme_store.c. */
#ifndef TESTOS_NVME_H
#define TESTOS_NVME_H

#include "device/dma_device.h"

/* Events that the controller has reported; each one ends the request that waits for events. */
unsigned int nvme_events(const struct dma_device *d);

/* Make the controller report one. */
void nvme_cause_event(const struct dma_device *d);

/*
 * The second drive, nvme_store.c. Writes are begun to its first blocks, each with contents of its
 * own; NVME_WRITES + 1 of these blocks are written in the end.
 */
#define NVME_WRITES	16u
void nvme_begin_writes(const struct dma_device *d);
unsigned int nvme_written(const struct dma_device *d);		/* completions of these so far */
bool nvme_await_writes(const struct dma_device *d);		/* each completes, once */
bool nvme_write_another(const struct dma_device *d);
unsigned int nvme_stored(const struct dma_device *d);		/* blocks that read as written */

#endif /* TESTOS_NVME_H */
