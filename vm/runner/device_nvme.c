// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe: the controller's I/O queue 1 reads blocks of a drive that is outside the emulator
 * (qemu/drive.c), each of which is one frame. The completion is written to memory after it is
 * reported, and before the interrupt is. Queue 2, for the drive that a scenario adds, has no
 * interrupts.
 */
#include <stdio.h>

#include "core/util.h"
#include "device.h"
#include "qemu/args.h"
#include "qemu/drive.h"
#include "qemu/trace.h"

#define FRAMES_QUEUE	1

#define FRAMES		(2048u - 1 - 16)	/* testos has other commands with larger numbers */

/* cid N cqid N dw0 0x.. dw1 0x.. status 0x..: a command that fails brings no frame */
static void on_completion(struct trace *t, const char *args)
{
	unsigned int id, queue, status;

	if (sscanf(args, "cid %u cqid %u dw0 %*x dw1 %*x status %x", &id, &queue,
		   &status) == 3 && queue == FRAMES_QUEUE && id < FRAMES && !status)
		trace_will_write(t);
}

static void on_interrupt(struct trace *t, const char *args)
{
	(void)args;
	trace_has_written(t);
}

static void on_reset(struct trace *t, const char *args)
{
	trace_note(t, EV_RESET, trace_last_configured(t), args);
}

static void on_disabled(struct trace *t, const char *args)
{
	trace_note(t, EV_RESET, -1, args);
}

static const struct trace_event events[] = {
	{ "pci_nvme_enqueue_req_completion", on_completion },
	{ "pci_nvme_irq_msix", on_interrupt },
	{ "pci_nvme_irq_pin", on_interrupt },
	{ "pci_nvme_pci_reset", on_reset },
	{ "pci_nvme_mmio_stopped", on_disabled },
};

static const struct device_model models[] = {
	{ .name = "nvme", .pm = 0x60, .exp = 0x80, .msix = 0x40,
	  .device = "nvme,serial=lurun,use-intel-id=on" },
};

static void add_drive(struct args *a, int i, const struct sender *link)
{
	(void)link;
	arg(a, "-blockdev");
	arg(a, "driver=nbd,node-name=drive%d,read-only=on,server.type=unix,server.path=%s,"
	       "server.abstract=on", i, drive_address(i));
}

const struct device_kind device_nvme = {
	.noun = "NVMe controller",
	.models = models,
	.nmodels = ARRAY_SIZE(models),
	.events = events,
	.nevents = ARRAY_SIZE(events),
	.add_backend = add_drive,
	.backend = "drive=drive",
	.drive = true,
};
