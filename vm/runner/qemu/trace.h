/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_TRACE_H
#define VM_RUNNER_TRACE_H

#include "core/run.h"

#define FIRST_SLOT	2	/* PCI slot of NIC 0 or of its root port */

struct event_name {
	const char *key;	/* in report.json */
	const char *what;	/* in a sentence */
};

extern const struct event_name event_names[EV_KINDS];

char *trace_write_events(const char *dir);
void trace_read(struct run *r);

#endif /* VM_RUNNER_TRACE_H */
