// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi: the emulator's amd-iommu, and the kernel's driver that logs as "AMD-Vi".
 *
 * Linux enables interrupt remapping only if a device at 00:14.0 looks like a southbridge, as
 * the IOAPIC's requester: an unused disk serves. The firmware is told to leave it alone (strict),
 * because a disk that is bus master is reset when the previous kernel ends, and the emulator then
 * completes all commands of all drives.
 *
 * The trace has one line for each look-up, after the line of its fault. For a device that the
 * device table blocks the emulator reports no fault, but the access as rejected. It remaps a write
 * of a device to the interrupt range with the IOAPIC's entry, a message with the device's own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "platform.h"
#include "qemu/trace.h"

#define PAGE_MASK	~0xfffull

static bool page_fault;		/* of the look-up whose line comes next */
static uint64_t looked_up;	/* page of the last look-up, 0 if its access was rejected */

static void on_page_fault(struct trace *t, const char *args)
{
	(void)t;
	(void)args;
	page_fault = true;
}

/* devid: BB:DD.F gpa 0x... hpa 0x... */
static void on_translation(struct trace *t, const char *args)
{
	unsigned int bus, slot, fn;

	looked_up = 0;
	if (sscanf(args, "devid: %x:%x.%x gpa 0x%" SCNx64, &bus, &slot, &fn, &looked_up) >= 3)
		trace_look_up(t, bus << 8 | slot << 3 | fn);
	if (page_fault)
		trace_fault(t, args);
	page_fault = false;
	looked_up &= PAGE_MASK;
}

/* Invalid read at addr 0x..., size N, region '(null)', reason: rejected */
static void on_rejected(struct trace *t, const char *args)
{
	uint64_t address;

	if (sscanf(args, "Invalid %*s at addr 0x%" SCNx64, &address) != 1 || !looked_up ||
	    (address & PAGE_MASK) != looked_up)
		return;
	looked_up = 0;
	trace_fault(t, args);
}

#define CONTROL_ENABLE		1ull
/* Logs of events, of page requests and of guest interrupts; command buffer */
#define CONTROL_MEMORY		(1ull << 2 | 1ull << 13 | 1ull << 28 | 1ull << 12)

static void on_control(struct trace *t, uint64_t value)
{
	static uint64_t before;
	uint64_t changed = before ^ value;

	if (changed & CONTROL_ENABLE) {
		bool on = value & CONTROL_ENABLE;

		trace_note(t, on ? EV_TE_ON : EV_TE_OFF, -1,
			   on ? "translation on" : "translation off");
		trace_note(t, on ? EV_IR_ON : EV_IR_OFF, -1,
			   on ? "interrupt remapping on" : "interrupt remapping off");
	}
	if (!(before & CONTROL_MEMORY) != !(value & CONTROL_MEMORY)) {
		bool on = value & CONTROL_MEMORY;

		trace_note(t, on ? EV_LOG_ON : EV_LOG_OFF, -1,
			   on ? "logs or command buffer on" : "logs and command buffer off");
	}
	before = value;
}

/* NAME write addr 0x..., size N, val 0x..., offset 0x... */
static void on_register(struct trace *t, const char *args)
{
	uint64_t value;
	char name[40], what[96];

	if (sscanf(args, "%39s write addr %*x, size %*u, val 0x%" SCNx64, name, &value) != 2)
		return;
	if (!strcmp(name, "AMDVI_MMIO_CONTROL")) {
		on_control(t, value);
	} else if (!strcmp(name, "AMDVI_MMIO_DEVICE_TABLE")) {
		snprintf(what, sizeof(what), "device table: 0x%" PRIx64, value);
		trace_note(t, EV_ROOT, -1, what);
	} else if (!strcmp(name, "AMDVI_MMIO_COMMAND_BASE")) {
		trace_note(t, EV_SETUP, -1, "command buffer set");
	}
}

#define INTERRUPTS	0xfee00000ull

static uint64_t requested;	/* address of the last interrupt request */

/* addr 0x... data 0x... size N: the address counts from the beginning of the range */
static void on_interrupt_request(struct trace *t, const char *args)
{
	uint64_t at;

	if (sscanf(args, "addr 0x%" SCNx64, &at) != 1)
		return;
	requested = INTERRUPTS + at;
	trace_interrupt(t, requested, false);
}

/* The last request was remapped or passed through. */
static void on_interrupt_delivery(struct trace *t, const char *args)
{
	(void)args;
	trace_interrupt(t, requested, true);
}

static const struct trace_event interrupt_events[] = {
	{ "amdvi_mem_ir_write_req", on_interrupt_request },
	{ "amdvi_mem_ir_write", on_interrupt_delivery },
};

static const struct trace_event events[] = {
	{ "amdvi_page_fault", on_page_fault },
	{ "amdvi_translation_result", on_translation },
	{ "amdvi_mmio_write", on_register },
};

/* "AMD-Vi: Event logged [IO_PAGE_FAULT device=SSSS:BB:DD.F domain=..." */
static bool parse_fault(const char *line, uint16_t *requester)
{
	const char *at = strstr(line, "[IO_PAGE_FAULT ");
	unsigned int bus = 0, slot = 0, fn = 0;

	if (!at)
		return false;
	at = strstr(at, "device=");
	if (!at || sscanf(at, "device=%*x:%x:%x.%x", &bus, &slot, &fn) != 3)
		bus = slot = fn = 0;
	*requester = bus << 8 | slot << 3 | fn;
	return true;
}

static const char *const southbridge[] = {
	"-blockdev", "driver=null-co,node-name=southbridge,size=1048576,read-zeroes=on",
	"-device", "virtio-blk-pci,drive=southbridge,addr=0x14,class=0x0601",
	"-boot", "strict=on", NULL
};

const struct platform platform_amd = {
	.name = "amd",
	.device = "amd-iommu,intremap=on,xtsup=on,dma-remap=on",
	.more = southbridge,
	.cmdline = "amd_iommu=pgtbl_v1",
	.logs = true,
	.events = events,
	.nevents = ARRAY_SIZE(events),
	.interrupt_events = interrupt_events,
	.ninterrupt_events = ARRAY_SIZE(interrupt_events),
	.message = 4,			/* the serial port's interrupt */
	.dma_is_ioapic = true,
	.rejected = on_rejected,
	.init_begins = "AMD-Vi: ",
	.init_ends = "AMD-Vi: Virtual APIC",
	.parse_fault = parse_fault,
};
