// SPDX-License-Identifier: GPL-2.0
/*
 * The emulator's trace, read after the run.
 *
 * Its device events do not say which NIC they are about. What does is the IOMMU's: each
 * frame written to guest memory is a handful of look-ups (vtd_dmar_translate, with the
 * requester's bus, slot and function) followed by e1000e_rx_written_to_guest, all under the
 * emulator's one big lock. So the last look-up names the NIC, and a frame without any look-up
 * since the frame before was written untranslated: that is counted, and is the proof that the
 * IOMMU was in the path of every single frame. A look-up may end in a fault; the emulator then
 * calls the frame written, and it is not. (igb reports under the name e1000e, too.)
 *
 * The k-th frame written for a NIC is the k-th frame sent to it as long as none was lost.
 * Frames after the guest took its final look are only counted: when it ends, the emulator
 * flushes what a stopped NIC had held back.
 *
 * Resets are attributed to the function whose configuration was written last.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "pci.h"
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
	[EV_ROOT] = { "root_switches", "root table switched" },
	[EV_BME_CLEAR] = { "bus_master_clears", "bus master cleared" },
	[EV_POWER] = { "power_state_writes", "put to sleep" },
	[EV_RESET] = { "resets", "reset" },
	[EV_BAR_SIZING] = { "bar_sizings", "BAR sized" },
	[EV_QUIET] = { "interrupt_masks", "interrupts masked" },
	[EV_INVALID_MEM] = { "unanswered_accesses", "access to nothing" },
};

/* What has been read so far; everything here is about "the line before". */
struct reader {
	struct run *run;
	struct pci_view pci;
	int64_t t;
	int64_t final;		/* the guest looked for the last time */
	int looked_up;		/* NIC of the last look-up, -1: none or another device */
	bool looked_up_since;	/* since the last frame */
	bool faulted;		/* likewise */
	int configured;		/* NIC of the last configuration write */
};

typedef void (*trace_handler)(struct reader *rd, const char *args);

static void add_event(struct reader *rd, enum event_kind kind, int nic, const char *what)
{
	struct run *r = rd->run;
	struct event *e = array_add(r->events, r->nevents, r->events_cap);

	e->t = rd->t;
	e->kind = kind;
	e->nic = nic;
	snprintf(e->text, sizeof(e->text), "%s", what);
}

static void note(void *arg, enum event_kind kind, int nic, const char *what)
{
	add_event(arg, kind, nic, what);
}

static int nic_at(struct reader *rd, unsigned int bus, unsigned int slot, unsigned int fn)
{
	struct pci_function f;

	return pci_find(&rd->pci, bus, slot, fn, &f) && !f.above ? f.nic : -1;
}

static void on_translate(struct reader *rd, const char *args)
{
	unsigned int bus, slot, fn;

	if (sscanf(args, "dev %x:%x.%x", &bus, &slot, &fn) != 3)
		return;
	rd->looked_up = nic_at(rd, bus, slot, fn);
	rd->looked_up_since = true;
}

static void on_frame(struct reader *rd, const char *args)
{
	struct run *r = rd->run;
	int i = rd->looked_up;
	struct nic *nic;

	(void)args;
	if (i < 0 && r->needs.nnics == 1)
		i = 0;
	if (i < 0) {
		r->unattributed++;
		return;
	}
	nic = &r->nic[i];
	if (rd->faulted) {
		nic->faulted++;
		rd->faulted = false;
		return;
	}
	if (rd->t > rd->final) {
		nic->late++;
		return;
	}
	*array_add(nic->dma, nic->ndma, nic->dma_cap) = rd->t;
	nic->untranslated += !rd->looked_up_since;
	rd->looked_up_since = false;
}

static void on_fault(struct reader *rd, const char *args)
{
	unsigned int sid, reason;
	char what[96];

	if (sscanf(args, "sid 0x%x fault %u", &sid, &reason) == 2)
		rd->looked_up = nic_at(rd, sid >> 8, sid >> 3 & 31, sid & 7);
	rd->looked_up_since = true;
	rd->faulted = true;
	snprintf(what, sizeof(what), "DMA fault: %s", args);
	add_event(rd, EV_FAULT, rd->looked_up, what);
}

static void on_fault_record(struct reader *rd, const char *args)
{
	unsigned long long high;
	int nic = -1;

	if (sscanf(args, "index %*d high %llx", &high) == 1)
		nic = nic_at(rd, high >> 8 & 0xff, high >> 3 & 31, high & 7);
	add_event(rd, EV_FAULT_RECORD, nic, args);
}

static void on_null(struct reader *rd, const char *args)
{
	(void)args;
	add_event(rd, EV_NULL_DESC, rd->looked_up_since ? rd->looked_up : -1, "null descriptor");
}

static void on_full(struct reader *rd, const char *args)
{
	(void)args;
	add_event(rd, EV_RINGS_FULL, -1, "receive ring full");
}

static void on_disabled(struct reader *rd, const char *args)
{
	add_event(rd, EV_RX_DISABLED, -1, args);
}

static void on_reset(struct reader *rd, const char *args)
{
	add_event(rd, EV_RESET, rd->configured, args);
}

static void on_sw_reset(struct reader *rd, const char *args)
{
	add_event(rd, EV_RESET, -1, args);
}

static void on_te(struct reader *rd, const char *args)
{
	bool on = strstr(args, "enable 1");

	add_event(rd, on ? EV_TE_ON : EV_TE_OFF, -1, on ? "translation on" : "translation off");
}

static void on_ir(struct reader *rd, const char *args)
{
	bool on = strstr(args, "enable 1");

	add_event(rd, on ? EV_IR_ON : EV_IR_OFF, -1,
		  on ? "interrupt remapping on" : "interrupt remapping off");
}

static void on_root(struct reader *rd, const char *args)
{
	char what[96];

	snprintf(what, sizeof(what), "root table: %s", args);
	add_event(rd, EV_ROOT, -1, what);
}

static void on_config(struct reader *rd, const char *args)
{
	unsigned int bus, slot, fn, at;
	struct pci_function f;
	uint32_t value;

	if (sscanf(args, "%*s %x:%x.%x @0x%x <- 0x%" SCNx32, &bus, &slot, &fn, &at, &value) != 5)
		return;
	rd->configured = -1;
	if (!pci_find(&rd->pci, bus, slot, fn, &f))
		return;
	rd->configured = f.nic;
	pci_config_write(&rd->pci, f, at, value, note, rd);
}

static const struct {
	const char *event;
	trace_handler handle;
} handlers[] = {
	{ "vtd_dmar_translate", on_translate },
	{ "e1000e_rx_written_to_guest", on_frame },
	{ "pci_cfg_write", on_config },
	{ "vtd_dmar_fault", on_fault },
	{ "vtd_frr_new", on_fault_record },
	{ "vtd_dmar_enable", on_te },
	{ "vtd_ir_enable", on_ir },
	{ "vtd_reg_dmar_root", on_root },
	{ "e1000e_rx_null_descriptor", on_null },
	{ "e1000e_rx_can_recv_rings_full", on_full },
	{ "e1000x_rx_can_recv_disabled", on_disabled },
	{ "e1000e_cb_qdev_reset_hold", on_reset },
	{ "e1000e_core_ctrl_sw_reset", on_sw_reset },
};

#define NHANDLERS (ARRAY_SIZE(handlers))

char *trace_write_events(const char *dir)
{
	char *path = text("%s/trace.events", dir);
	FILE *f = fopen(path, "w");
	size_t i;

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	for (i = 0; i < NHANDLERS; i++)
		fprintf(f, "%s\n", handlers[i].event);
	fclose(f);
	return path;
}

/* PID@SECONDS.MICROSECONDS:EVENT ARGUMENTS, or a message of -d invalid_mem without a stamp */
static void read_line(struct reader *rd, char *line)
{
	char *at = strchr(line, '@'), *colon = at ? strchr(at, ':') : NULL, *args;
	int64_t sec, usec;
	size_t i;

	if (!strncmp(line, "Invalid access", 14))
		add_event(rd, EV_INVALID_MEM, -1, line);
	if (!colon || sscanf(at, "@%" SCNd64 ".%" SCNd64, &sec, &usec) != 2)
		return;
	rd->t = clock_from_real(rd->run, sec * NSEC + usec * 1000);
	args = strchr(colon, ' ');
	if (args)
		*args++ = 0;
	for (i = 0; i < NHANDLERS; i++)
		if (!strcmp(colon + 1, handlers[i].event)) {
			handlers[i].handle(rd, args ? args : "");
			return;
		}
}

void trace_read(struct run *r)
{
	struct reader rd = { .run = r, .pci.needs = &r->needs, .final = run_final(r),
			     .looked_up = -1, .configured = -1 };
	char *path = text("%s/trace.log", r->out), line[512];
	FILE *f = fopen(path, "r");

	if (!f)
		die("the emulator wrote no trace %s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		read_line(&rd, line);
	}
	fclose(f);
	free(path);
}
