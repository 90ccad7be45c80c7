// SPDX-License-Identifier: GPL-2.0
/*
 * The emulator's trace, read after the run.
 *
 * The events of a device do not say which device they are about. The events of the IOMMU do:
 * each frame written to memory is a handful of look-ups, with the requester ID, followed by
 * the device's report of the frame, all under the emulator's one big lock. So the last look-up
 * names the device. A frame without a look-up since the previous frame was written
 * untranslated; that there are none proves that the IOMMU translated every single frame. If a
 * look-up ends in a fault the emulator reports the frame as written although it is not.
 *
 * The k-th frame written for a NIC is the k-th frame sent to it as long as none was lost.
 * Frames after the final look into the rings are only counted: when the emulator ends, it
 * flushes the frames that a stopped NIC had queued.
 *
 * Resets are attributed to the function whose configuration was written last.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "device.h"
#include "pci.h"
#include "platform.h"
#include "trace.h"

const struct event_name event_names[EV_KINDS] = {
	[EV_FAULT] = { "dma_faults", "DMA fault" },
	[EV_FAULT_RECORD] = { "fault_records", "fault record" },
	[EV_NULL_DESC] = { "null_descriptors", "null descriptor read by the NIC" },
	[EV_RINGS_FULL] = { "rings_full", "receive ring full" },
	[EV_RX_DISABLED] = { "rx_disabled", "receiver unable to write" },
	[EV_TE_OFF] = { "translation_off", "translation switched off" },
	[EV_TE_ON] = { "translation_on", "translation switched on" },
	[EV_IR_OFF] = { "interrupt_remapping_off", "interrupt remapping switched off" },
	[EV_IR_ON] = { "interrupt_remapping_on", "interrupt remapping switched on" },
	[EV_IR_TABLE] = { "interrupt_table_switches", "interrupt remapping table switched" },
	[EV_ROOT] = { "root_switches", "root table switched" },
	[EV_LOG_OFF] = { "log_off", "logs and command buffer switched off" },
	[EV_LOG_ON] = { "log_on", "logs or command buffer switched on" },
	[EV_SETUP] = { "setups", "IOMMU set up by a kernel" },
	[EV_CONTEXT_FLUSH] = { "context_flushes", "cache of entries flushed" },
	[EV_TLB_FLUSH] = { "tlb_flushes", "cache of translations flushed" },
	[EV_DEVICE_FLUSH] = { "device_flushes", "device asked to invalidate translations" },
	[EV_QUEUE_WAIT] = { "queue_waits", "invalidations complete" },
	[EV_REQUESTS_DRAINED] = { "request_drains", "page requests drained" },
	[EV_REPORTS_OFF] = { "fault_masks", "fault interrupt masked" },
	[EV_BME_CLEAR] = { "bus_master_clears", "bus master cleared" },
	[EV_POWER] = { "power_state_writes", "put to sleep" },
	[EV_RESET] = { "resets", "reset" },
	[EV_BAR_SIZING] = { "bar_sizings", "BAR sized" },
	[EV_ATS_OFF] = { "ats_off", "ATS switched off" },
	[EV_ATS_ON] = { "ats_on", "ATS switched on" },
	[EV_QUIET] = { "interrupt_masks", "interrupts masked" },
	[EV_INVALID_MEM] = { "unanswered_accesses", "access to nothing" },
};

/* The state of the reader */
struct trace {
	const struct run *run;
	struct parsed *parsed;
	struct pci_view pci;
	int64_t t;		/* of the current line */
	int64_t final;		/* the final look into the rings */
	int looked_up;		/* device of the last look-up, -1: none or another one */
	bool looked_up_since;	/* since the last frame */
	bool faulted;		/* likewise */
	unsigned int promised;	/* frames that a device is about to write */
	unsigned int translated; /* of them */
	int configured;		/* device of the last configuration write */
};

void trace_note(struct trace *t, enum event_kind kind, int device, const char *what)
{
	struct parsed *p = t->parsed;
	struct event *e = array_add(p->events, p->nevents, p->events_cap);

	e->t = t->t;
	e->kind = kind;
	e->device = device;
	snprintf(e->text, sizeof(e->text), "%s", what);
}

static void note(void *arg, enum event_kind kind, int device, const char *what)
{
	trace_note(arg, kind, device, what);
}

int trace_device(const struct trace *t, uint16_t requester)
{
	struct pci_function f;

	return pci_find(&t->pci, requester, &f) && !f.above ? f.device : -1;
}

int trace_last_looked_up(const struct trace *t)
{
	return t->looked_up_since ? t->looked_up : -1;
}

int trace_last_configured(const struct trace *t)
{
	return t->configured;
}

void trace_look_up(struct trace *t, uint16_t requester)
{
	t->looked_up = trace_device(t, requester);
	t->looked_up_since = true;
	t->translated += t->translated < t->promised;
}

void trace_fault(struct trace *t, const char *args)
{
	char what[96];

	t->looked_up_since = true;
	t->faulted = true;
	snprintf(what, sizeof(what), "DMA fault: %s", args);
	trace_note(t, EV_FAULT, t->looked_up, what);
}

void trace_written(struct trace *t)
{
	int i = t->looked_up;
	struct dma_device *d;

	if (i < 0 && t->run->needs->ndevices == 1)
		i = 0;
	if (i < 0) {
		t->parsed->unattributed++;
		return;
	}
	d = &t->parsed->device[i];
	if (t->faulted) {
		d->faulted++;
		t->faulted = false;
		return;
	}
	if (t->t > t->final) {
		d->late++;
		return;
	}
	*array_add(d->writes, d->nwrites, d->writes_cap) = t->t;
	d->untranslated += !t->looked_up_since;
	t->looked_up_since = false;
}

bool trace_is_muted(const struct trace *t, unsigned int vf)
{
	const struct needs *needs = t->run->needs;
	unsigned int i;

	for (i = vf + 1; !t->looked_up_since && (int)i < needs->ndevices; i++)
		if (needs->device[i].virtual && needs_first(needs, i) == (int)(i - vf - 1))
			return !pci_is_master(&t->pci, i);
	return false;
}

void trace_will_write(struct trace *t)
{
	t->promised++;
}

void trace_has_written(struct trace *t)
{
	for (; t->promised; t->promised--) {
		t->looked_up_since = t->translated;
		t->translated -= t->translated > 0;
		trace_written(t);
	}
}

void trace_interrupt(struct trace *t, uint64_t address, bool delivered)
{
	struct parsed *p = t->parsed;
	struct interrupt *i = array_add(p->interrupts, p->ninterrupts, p->interrupts_cap);

	*i = (struct interrupt){ t->t, address, delivered };
}

/* NAME BB:DD.F @OFFSET <- VALUE */
static void on_config(struct trace *t, const char *args)
{
	unsigned int bus, slot, fn, at;
	struct pci_function f;
	uint32_t value;

	if (sscanf(args, "%*s %x:%x.%x @0x%x <- 0x%" SCNx32, &bus, &slot, &fn, &at, &value) != 5)
		return;
	t->configured = -1;
	if (!pci_find(&t->pci, bus << 8 | slot << 3 | fn, &f))
		return;
	t->configured = f.device;
	pci_config_write(&t->pci, f, at, value, note, t);
}

static const struct trace_event bus_events[] = {
	{ "pci_cfg_write", on_config },
};

/* The events that matter come from the bus, the platform and the kinds of devices. */
struct table {
	const struct trace_event *events;
	size_t n;
};

#define MAX_TABLES (4 + MAX_DEVICES)

static size_t list_tables(const struct run *r, struct table *tables)
{
	const struct device_kind *kind, *last = NULL;
	size_t n = 0;
	int i;

	tables[n++] = (struct table){ bus_events, ARRAY_SIZE(bus_events) };
	tables[n++] = (struct table){ r->platform->events, r->platform->nevents };
	if (*r->needs->hostile || r->needs->remapping_stays_on)
		tables[n++] = (struct table){ r->platform->interrupt_events,
					      r->platform->ninterrupt_events };
	if (device_any_outside(r->needs))
		tables[n++] = (struct table){ r->platform->queue_events,
					      r->platform->nqueue_events };
	for (i = 0; i < r->needs->ndevices; i++, last = kind) {
		const struct device_needs *d = &r->needs->device[i];

		kind = device_kind(d->model);
		if (kind != last)
			tables[n++] = (struct table){ kind->events, kind->nevents };
	}
	return n;
}

char *trace_write_events(const struct run *r)
{
	struct table tables[MAX_TABLES];
	size_t n = list_tables(r, tables), i, e;
	FILE *f = create_file(r->out, "trace.events");

	for (i = 0; i < n; i++)
		for (e = 0; e < tables[i].n; e++)
			fprintf(f, "%s\n", tables[i].events[e].name);
	fclose(f);
	return text("%s/trace.events", r->out);
}

static void handle(struct trace *t, const struct table *tables, size_t n, const char *name,
		   const char *args)
{
	size_t i, e;

	for (i = 0; i < n; i++)
		for (e = 0; e < tables[i].n; e++)
			if (!strcmp(name, tables[i].events[e].name)) {
				tables[i].events[e].handle(t, args);
				return;
			}
}

/*
 * YYYY-MM-DDTHH:MM:SS.MICROSECONDSZ EVENT ...: the event, or NULL if it is no such line;
 * .000000 is left out
 */
static char *read_stamp(char *line, int64_t *real)
{
	struct tm tm = {};
	char *end = strptime(line, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t usec = 0;

	if (!end || (*end == '.' && sscanf(end, ".%6" SCNd64, &usec) != 1))
		return NULL;
	*real = timegm(&tm) * NSEC + usec * 1000;
	end = strstr(end, "Z ");
	return end ? end + 2 : NULL;
}

/* An event, or a message of -d invalid_mem */
static void read_line(struct trace *t, const struct table *tables, size_t n, char *line)
{
	char *event, *args;
	int64_t real;

	t->parsed->lines++;
	event = read_stamp(line, &real);
	if (!event) {
		t->parsed->unread++;
		return;
	}
	t->t = clock_from_real(t->run->live, real);
	if (!strncmp(event, "Invalid ", 8)) {
		trace_note(t, EV_INVALID_MEM, -1, event);
		if (t->run->platform->rejected)
			t->run->platform->rejected(t, event);
		return;
	}
	args = strchr(event, ' ');
	if (args)
		*args++ = 0;
	handle(t, tables, n, event, args ? args : "");
}

/* The frames of devices outside the emulator, whose translations came from its IOMMU */
static void read_outside(struct trace *t)
{
	const struct live *l = t->run->live;
	size_t k;
	int i;

	for (i = 0; i < t->run->needs->ndevices; i++) {
		struct dma_device *d = &t->parsed->device[i];

		for (k = 0; k < l->vhost[i].nwrites; k++) {
			int64_t at = l->vhost[i].writes[k];

			if (at > t->final)
				d->late++;
			else
				*array_add(d->writes, d->nwrites, d->writes_cap) = at;
		}
	}
}

void trace_read(const struct run *r, struct parsed *p)
{
	struct trace t = { .run = r, .parsed = p, .pci.needs = r->needs, .final = run_final(r),
			   .looked_up = -1, .configured = -1 };
	char *path = text("%s/trace.log", r->out), line[512];
	struct table tables[MAX_TABLES];
	size_t n = list_tables(r, tables);
	FILE *f = fopen(path, "r");

	if (!f)
		die("the emulator wrote no trace %s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		read_line(&t, tables, n, line);
	}
	fclose(f);
	free(path);
	read_outside(&t);
}
