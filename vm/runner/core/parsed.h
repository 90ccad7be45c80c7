/* SPDX-License-Identifier: GPL-2.0 */
/* The content of the emulator's trace. Written by qemu/trace.c, read by others. */
#ifndef VM_RUNNER_PARSED_H
#define VM_RUNNER_PARSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "needs.h"

enum event_kind {
	EV_FAULT,		/* DMA fault raised by the emulated IOMMU */
	EV_FAULT_RECORD,	/* fault record written, interrupt remapping included */
	EV_NULL_DESC,
	EV_RINGS_FULL,
	EV_RX_DISABLED,
	EV_TE_OFF,
	EV_TE_ON,
	EV_IR_OFF,
	EV_IR_ON,
	EV_IR_TABLE,		/* interrupt remapping was pointed to another table */
	EV_ROOT,		/* the IOMMU was pointed to another root table */
	EV_LOG_OFF,		/* the IOMMU's logs and command buffer in memory, all of them */
	EV_LOG_ON,		/* any of them */
	EV_SETUP,		/* a kernel began to set up the IOMMU */
	EV_CONTEXT_FLUSH,	/* the IOMMU's cache of entries was flushed, all of it */
	EV_TLB_FLUSH,		/* likewise its cache of translations */
	EV_DEVICE_FLUSH,	/* the IOMMU asked the device to invalidate translations */
	EV_QUEUE_WAIT,		/* all invalidations of the queue were complete */
	EV_REQUESTS_DRAINED,	/* all page requests were in the queue for them */
	EV_REPORTS_OFF,		/* the IOMMU's fault interrupt was masked */
	EV_BME_CLEAR,
	EV_POWER,		/* written to a D-state other than D0 */
	EV_RESET,
	EV_BAR_SIZING,
	EV_ATS_OFF,		/* ATS of the device switched off */
	EV_ATS_ON,		/* ATS of the device switched on */
	EV_QUIET,		/* all MSI-X vectors of the device masked */
	EV_INVALID_MEM,		/* access to an address that nothing answers */
	EV_KINDS
};

struct event_name {
	const char *key;	/* in report.json */
	const char *what;	/* in a sentence */
};

extern const struct event_name event_names[EV_KINDS];

struct event {
	int64_t t;
	enum event_kind kind;
	int device;		/* -1: unknown from the trace */
	char text[96];
};

/* The DMA of one device; for a NIC each write is a frame. */
struct dma_device {
	int64_t *writes;	/* when the emulator wrote the k-th frame to memory */
	size_t nwrites, writes_cap;
	size_t untranslated;	/* of these: without a look-up in the IOMMU */
	size_t late;		/* written after the final look into the rings, not in writes[] */
	size_t faulted;		/* kept from memory by a DMA fault, not in writes[] either */
};

/* A write to the interrupt range, in a format that interrupt remapping applies to */
struct interrupt {
	int64_t t;
	uint64_t address;
	bool delivered;		/* else requested: a delivery follows its request */
};

struct parsed {
	struct dma_device device[MAX_DEVICES];
	struct event *events;
	size_t nevents, events_cap;
	struct interrupt *interrupts;	/* recorded for scenarios with a hostile device */
	size_t ninterrupts, interrupts_cap;
	size_t lines;		/* of the trace */
	size_t unread;		/* lines in no known format */
	size_t unattributed;	/* writes of an unknown device */
};

#endif /* VM_RUNNER_PARSED_H */
