/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_TRACE_H
#define VM_RUNNER_TRACE_H

#include "core/run.h"

/* The reader of a trace, for the handlers of its events */
struct trace;

/* An event of the emulator, and the function that reads its arguments */
struct trace_event {
	const char *name;
	void (*handle)(struct trace *t, const char *args);
};

/* Write the list of events to record, for the emulator; its path. */
char *trace_write_events(const struct run *r);

/* Read the events that it recorded. */
void trace_read(const struct run *r, struct parsed *p);

/*
 * For handlers of a platform and of a kind of device
 */

/* Record an event at the time of the current line. */
void trace_note(struct trace *t, enum event_kind kind, int device, const char *what);

/* The device with that requester ID (bus, slot and function), -1 if it is none of the judged. */
int trace_device(const struct trace *t, uint16_t requester);

/* The IOMMU was asked to translate an address for @requester. */
void trace_look_up(struct trace *t, uint16_t requester);

/* The translation ended with a fault: the write that the device reports next did not happen. */
void trace_fault(struct trace *t, const char *what);

/* The device of the last look-up has written a unit of its work, such as a frame, to memory. */
void trace_written(struct trace *t);

/* No look-up since the last frame, and virtual function @vf of a physical one is no bus master */
bool trace_is_muted(const struct trace *t, unsigned int vf);

/*
 * The same for a device that reports its work before and after it writes. One look-up for each
 * unit follows the first report.
 */
void trace_will_write(struct trace *t);
void trace_has_written(struct trace *t);

/* A write to the interrupt range was requested, or delivered. */
void trace_interrupt(struct trace *t, uint64_t address, bool delivered);

/* The device of the last look-up, -1 if there was none since the last write */
int trace_last_looked_up(const struct trace *t);

/* The device whose configuration space was written last */
int trace_last_configured(const struct trace *t);

#endif /* VM_RUNNER_TRACE_H */
