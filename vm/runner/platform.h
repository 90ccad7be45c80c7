/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A platform: all that the runner knows about one kind of IOMMU.
 *
 * The rest of the runner knows translation, DMA faults and interrupt remapping. A platform has
 * the emulator's options and the kernel's parameters for its IOMMU, and it reads the emulator's
 * trace and the kernel's log. Another kind of IOMMU is one more file platform_NAME.c and its
 * entry in platform.c.
 */
#ifndef VM_RUNNER_PLATFORM_H
#define VM_RUNNER_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct needs;
struct trace;
struct trace_event;

#define TABLE_SIZE	256	/* enough for a table of the firmware */

struct platform {
	const char *name;		/* for --platform */
	const char *device;		/* the emulator's IOMMU and the properties all runs need */
	const char *const *more;	/* more arguments of the emulator, NULL at the end */
	const char *cmdline;		/* parameters of all kernels */
	/* Write the firmware's table of IOMMUs that a scenario asks for; its size. NULL: it cannot */
	size_t (*firmware_table)(const struct needs *needs, uint8_t table[TABLE_SIZE]);
	bool logs;			/* the unit has buffers in memory: see EV_LOG_OFF */
	const struct trace_event *events;
	size_t nevents;
	const struct trace_event *interrupt_events;	/* frequent: recorded on demand */
	size_t ninterrupt_events;
	const struct trace_event *queue_events;		/* likewise, for devices with ATS */
	size_t nqueue_events;

	uint32_t message;		/* data of a harmless interrupt request */
	bool dma_is_ioapic;		/* the emulator takes each such request for one of the IOAPIC */

	/* An access that nothing answers; NULL if faults have events of their own. */
	void (*rejected)(struct trace *t, const char *message);

	const char *init_begins;	/* lines of a kernel's log around the driver's set-up */
	const char *init_ends;

	/* A line of a kernel's log: does it report a DMA fault, and of which requester? */
	bool (*parse_fault)(const char *line, uint16_t *requester);
};

extern const struct platform platform_vtd;
extern const struct platform platform_amd;

/* The platform @name, the default one if NULL; ends the program if it is unknown. */
const struct platform *platform_find(const char *name);

#endif /* VM_RUNNER_PLATFORM_H */
