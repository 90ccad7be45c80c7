// SPDX-License-Identifier: GPL-2.0
/*
 * NICs: fed by a sender through a datagram socket; each frame received is one DMA write.
 * The emulator reports igb, too, under the name e1000e. An igb has one backend for itself and its
 * virtual functions, and queue N is of virtual function N % 8.
 */
#include <stdio.h>

#include "core/util.h"
#include "device.h"
#include "qemu/trace.h"

#define POOLS	8

/* A virtual function without bus mastering writes nothing; its frames are reported all the same. */
static void on_frame(struct trace *t, const char *args)
{
	unsigned int queue;

	if (sscanf(args, "%*[^(](queue %u)", &queue) == 1 && trace_is_muted(t, queue % POOLS))
		return;
	trace_written(t);
}

static void on_null(struct trace *t, const char *args)
{
	(void)args;
	trace_note(t, EV_NULL_DESC, trace_last_looked_up(t), "null descriptor");
}

static void on_full(struct trace *t, const char *args)
{
	(void)args;
	trace_note(t, EV_RINGS_FULL, -1, "receive ring full");
}

static void on_disabled(struct trace *t, const char *args)
{
	trace_note(t, EV_RX_DISABLED, -1, args);
}

/* The event does not name the device; its configuration was written right before. */
static void on_reset(struct trace *t, const char *args)
{
	trace_note(t, EV_RESET, trace_last_configured(t), args);
}

static void on_software_reset(struct trace *t, const char *args)
{
	trace_note(t, EV_RESET, -1, args);
}

static const struct trace_event events[] = {
	{ "e1000e_rx_written_to_guest", on_frame },
	{ "e1000e_rx_null_descriptor", on_null },
	{ "e1000e_rx_can_recv_rings_full", on_full },
	{ "e1000x_rx_can_recv_disabled", on_disabled },
	{ "e1000e_cb_qdev_reset_hold", on_reset },
	{ "e1000e_core_ctrl_sw_reset", on_software_reset },
};

static const struct device_model models[] = {
	{ .name = "igb", .pm = 0x40, .exp = 0xa0, .msix = 0x70, .sriov = 0x160, .vf_offset = 0x80,
	  .vf_stride = 2 },
	{ .name = "igbvf", .exp = 0xa0, .msix = 0x70, .in_physical = true },
	{ .name = "e1000e", .pm = 0xc8, .exp = 0xe0, .msix = 0xa0 },
};

const struct device_kind device_nic = {
	.noun = "NIC",
	.models = models,
	.nmodels = ARRAY_SIZE(models),
	.events = events,
	.nevents = ARRAY_SIZE(events),
	.add_backend = device_add_datagrams,
	.backend = "netdev=n",
};
