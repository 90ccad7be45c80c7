// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-net, of two kinds. "virtio" is fed like the other NICs; each buffer that the emulator
 * returns with contents is one frame received. "virtio-ats" can switch ATS on, and has no cache.
 * "vhost" has ATS and writes its frames by itself, outside the emulator (qemu/vhost.c).
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/util.h"
#include "device.h"
#include "qemu/args.h"
#include "qemu/trace.h"
#include "qemu/vhost.h"

/* vq P elem P len N idx N: a buffer that was sent has no length */
static void on_buffer(struct trace *t, const char *args)
{
	unsigned int len;

	if (sscanf(args, "vq %*s elem %*s len %u", &len) == 1 && len)
		trace_written(t);
}

/* The status of a device before this one; at first it is 0. */
static unsigned int swap_status(uint64_t device, unsigned int status)
{
	static struct { uint64_t device; unsigned int status; } known[2 * MAX_DEVICES];
	unsigned int before;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) - 1 && known[i].device && known[i].device != device; i++)
		;
	before = known[i].status;
	known[i].device = device;
	known[i].status = status;
	return before;
}

/* vdev 0x... val N: 0 is a reset, unless it was 0 already, as that of a device that nobody uses */
static void on_status(struct trace *t, const char *args)
{
	unsigned int status;
	uint64_t device;

	if (sscanf(args, "vdev 0x%" SCNx64 " val %u", &device, &status) == 2 &&
	    swap_status(device, status) && !status)
		trace_note(t, EV_RESET, trace_last_configured(t), "reset by its driver");
}

static const struct trace_event events[] = {
	{ "virtqueue_fill", on_buffer },
	{ "virtio_set_status", on_status },
};

#define MODERN "virtio-net-pci,disable-legacy=on,iommu_platform=on,rx_queue_size=1024"

static const struct device_model models[] = {
	{ .name = "virtio", .pm = 0x7c, .exp = 0x40, .msix = 0xdc, .sriov = 0x100, .vf_offset = 1,
	  .vf_stride = 1, .device = MODERN },
	{ .name = "virtio-ats", .pm = 0x7c, .exp = 0x40, .msix = 0xdc, .ats = 0x100,
	  .sriov = 0x108, .vf_offset = 1, .vf_stride = 1, .device = MODERN ",ats=on" },
};

const struct device_kind device_virtio = {
	.noun = "NIC",
	.models = models,
	.nmodels = ARRAY_SIZE(models),
	.events = events,
	.nevents = ARRAY_SIZE(events),
	.add_backend = device_add_datagrams,
	.backend = "netdev=n",
};

static const struct trace_event vhost_events[] = {
	{ "virtio_set_status", on_status },
};

static const struct device_model vhost_models[] = {
	{ .name = "vhost", .pm = 0x7c, .exp = 0x40, .msix = 0xdc, .ats = 0x100,
	  .device = MODERN ",ats=on" },
};

static void add_vhost(struct args *a, int i, const struct sender *link)
{
	(void)link;
	arg(a, "-chardev");
	arg(a, "socket,id=vhost%d,path=%s,abstract=on", i, vhost_address(i));
	arg(a, "-netdev");
	arg(a, "vhost-user,id=n%d,chardev=vhost%d", i, i);
}

const struct device_kind device_vhost = {
	.noun = "NIC",
	.models = vhost_models,
	.nmodels = ARRAY_SIZE(vhost_models),
	.events = vhost_events,
	.nevents = ARRAY_SIZE(vhost_events),
	.add_backend = add_vhost,
	.backend = "netdev=n",
	.outside = true,
};
