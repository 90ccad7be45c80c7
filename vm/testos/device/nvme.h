/* SPDX-License-Identifier: GPL-2.0 */
/* NVMe: what a VM does besides reading frames. See nvme.c. */
#ifndef TESTOS_NVME_H
#define TESTOS_NVME_H

#include "device/dma_device.h"

/* Events that the controller has reported; each one ends the request that waits for events. */
unsigned int nvme_events(const struct dma_device *d);

/* Make the controller report one. */
void nvme_cause_event(const struct dma_device *d);

#endif /* TESTOS_NVME_H */
