// SPDX-License-Identifier: GPL-2.0
/* Intel VT-d: the emulator's intel-iommu, and the kernel's driver that logs as "DMAR". */
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "firmware_vtd.h"
#include "platform.h"
#include "qemu/trace.h"

/* dev BB:DD.F gpa ... : the address of a DMA is looked up */
static void on_translate(struct trace *t, const char *args)
{
	unsigned int bus, slot, fn;

	if (sscanf(args, "dev %x:%x.%x", &bus, &slot, &fn) == 3)
		trace_look_up(t, bus << 8 | slot << 3 | fn);
}

static void on_fault(struct trace *t, const char *args)
{
	unsigned int requester, reason;

	if (sscanf(args, "sid 0x%x fault %u", &requester, &reason) == 2)
		trace_look_up(t, requester);
	trace_fault(t, args);
}

/* The upper half of a fault recording register has the requester ID in its low bits. */
static void on_fault_record(struct trace *t, const char *args)
{
	unsigned long long high;
	int device = -1;

	if (sscanf(args, "index %*d high %llx", &high) == 1)
		device = trace_device(t, high & 0xffff);
	trace_note(t, EV_FAULT_RECORD, device, args);
}

static void on_translation(struct trace *t, const char *args)
{
	bool on = strstr(args, "enable 1");

	trace_note(t, on ? EV_TE_ON : EV_TE_OFF, -1, on ? "translation on" : "translation off");
}

static void on_remapping(struct trace *t, const char *args)
{
	bool on = strstr(args, "enable 1");

	trace_note(t, on ? EV_IR_ON : EV_IR_OFF, -1,
		   on ? "interrupt remapping on" : "interrupt remapping off");
}

static void on_root(struct trace *t, const char *args)
{
	char what[96];

	snprintf(what, sizeof(what), "root table: %s", args);
	trace_note(t, EV_ROOT, -1, what);
}

static void on_interrupt_table(struct trace *t, const char *args)
{
	trace_note(t, EV_IR_TABLE, -1, args);
}

/*
 * "addr 0xfee00218 data 0x0" and "(addr 0xfee00218, data 0x0) -> ...": a request in remappable
 * format has bit 4 set. The other one, the compatibility format, is left out: the emulator
 * delivers it in all modes, which hardware does not.
 */
static void on_interrupt(struct trace *t, const char *args, bool delivered)
{
	unsigned long long address;

	if (sscanf(args + (*args == '('), "addr 0x%llx", &address) == 1 && address & 0x10)
		trace_interrupt(t, address, delivered);
}

static void on_interrupt_request(struct trace *t, const char *args)
{
	on_interrupt(t, args, false);
}

static void on_interrupt_delivery(struct trace *t, const char *args)
{
	on_interrupt(t, args, true);
}

static const struct trace_event interrupt_events[] = {
	{ "vtd_ir_remap_msi_req", on_interrupt_request },
	{ "vtd_ir_remap_msi", on_interrupt_delivery },
};

#define DRAINS_PAGE_REQUESTS	(1u << 7)	/* in a wait descriptor */

static void on_context_flush(struct trace *t, const char *args)
{
	trace_note(t, EV_CONTEXT_FLUSH, -1, args);
}

static void on_tlb_flush(struct trace *t, const char *args)
{
	trace_note(t, EV_TLB_FLUSH, -1, args);
}

/*
 * A request for a device has its requester ID, above its PASID if it has one. A wait can be one for
 * page requests, too.
 */
static void on_descriptor(struct trace *t, const char *args)
{
	unsigned long long low;
	char type[24];

	if (sscanf(args, "invalidate desc type %23s high 0x%*x low 0x%llx", type, &low) != 2)
		return;
	if (!strcmp(type, "device"))
		trace_note(t, EV_DEVICE_FLUSH, trace_device(t, low >> 32 & 0xffff), args);
	else if (!strcmp(type, "device-piotlb"))
		trace_note(t, EV_DEVICE_FLUSH, trace_device(t, low >> 16 & 0xffff), args);
	else if (!strncmp(type, "wait", 4) && low & DRAINS_PAGE_REQUESTS)
		trace_note(t, EV_REQUESTS_DRAINED, -1, args);
}

static void on_wait(struct trace *t, const char *args)
{
	trace_note(t, EV_QUEUE_WAIT, -1, args);
}

/* value 0x...: the fault event control register; bit 31 masks the interrupt */
static void on_fault_control(struct trace *t, const char *args)
{
	unsigned int value;

	if (sscanf(args, "value 0x%x", &value) == 1 && value >> 31)
		trace_note(t, EV_REPORTS_OFF, -1, args);
}

static const struct trace_event queue_events[] = {
	{ "vtd_inv_desc_cc_global", on_context_flush },
	{ "vtd_inv_desc_iotlb_global", on_tlb_flush },
	{ "vtd_inv_desc", on_descriptor },
	{ "vtd_inv_desc_wait_sw", on_wait },
	{ "vtd_reg_write_fectl", on_fault_control },
};

static const struct trace_event events[] = {
	{ "vtd_dmar_translate", on_translate },
	{ "vtd_dmar_fault", on_fault },
	{ "vtd_frr_new", on_fault_record },
	{ "vtd_dmar_enable", on_translation },
	{ "vtd_ir_enable", on_remapping },
	{ "vtd_reg_dmar_root", on_root },
	{ "vtd_reg_ir_root", on_interrupt_table },
};

/* "DMAR: [DMA Write ...] Request device [SSSS:BB:DD.F] fault addr ..." */
static bool parse_fault(const char *line, uint16_t *requester)
{
	const char *at = strstr(line, "DMAR: [DMA") ? strstr(line, "Request device [") : NULL;
	unsigned int bus = 0, slot = 0, fn = 0;

	if (!at)
		return false;
	if (sscanf(at, "Request device [%*x:%x:%x.%x]", &bus, &slot, &fn) != 3)
		bus = slot = fn = 0;
	*requester = bus << 8 | slot << 3 | fn;
	return true;
}

static const char *const nothing[] = { NULL };

const struct platform platform_vtd = {
	.name = "vtd",
	.device = "intel-iommu,intremap=on,scalable-mode=on",
	.more = nothing,
	.cmdline = "intel_iommu=on,sm_on",
	.firmware_table = vtd_firmware_table,
	.events = events,
	.nevents = ARRAY_SIZE(events),
	.interrupt_events = interrupt_events,
	.ninterrupt_events = ARRAY_SIZE(interrupt_events),
	.queue_events = queue_events,
	.nqueue_events = ARRAY_SIZE(queue_events),
	.init_begins = "DMAR: No RMRR",
	.init_ends = "DMAR: Intel(R) Virtualization",
	.parse_fault = parse_fault,
};
