// SPDX-License-Identifier: GPL-2.0
/*
 * Judging a receive ring by its memory alone, without registers and without the device.
 *
 * Descriptor k belongs to frame k (see nic.c). A finished descriptor is not trusted: when a
 * buffer write faults, the emulated NIC still sets "done", and after a descriptor-read fault
 * it continues without it. So a frame counts only when number, pattern and checksum of the
 * buffer are right, and an unfinished descriptor before the last finished one is a hole.
 */
#include <string.h>

#include "device/ring.h"
#include "frame.h"
#include "os/report.h"
#include "os/util.h"

static uint8_t seen[RING_ENTRIES];

static uint32_t buf_size(const struct nic_model *model)
{
	return model->buffer ? model->buffer : RING_BUF;
}

static const uint8_t *buf_at(const struct nic_model *model, const void *ring, uint32_t i)
{
	return (const uint8_t *)ring + RING_BUFS_AT + (uint64_t)i * buf_size(model);
}

/* Descriptors up to and with the last finished one. */
uint32_t ring_finished(const struct nic_model *model, const void *ring)
{
	uint32_t i = model->entries;

	while (i && model->desc_len(ring, i - 1) < 0)
		i--;
	return i;
}

static void scan_frame(struct ring_scan *out, uint32_t nic, uint32_t i, const void *buf,
		       uint32_t size, int len)
{
	const struct frame *f = buf;

	if (frame_check(buf, size) != FRAME_OK || f->nic != nic || (int)f->len > len ||
	    f->seq >= RING_ENTRIES) {
		out->badsum++;
		return;
	}
	if (seen[f->seq]) {
		out->dup++;
		return;
	}
	seen[f->seq] = 1;
	if (f->seq != i)
		out->moved++;
	if (out->received && f->seq < out->last)
		out->order++;
	if (!out->received || f->seq < out->first)
		out->first = f->seq;
	if (!out->received || f->seq > out->last)
		out->last = f->seq;
	out->received++;
}

static uint64_t stray_bytes(const struct nic_model *model, const void *ring, uint32_t finished)
{
	const uint8_t *at = buf_at(model, ring, finished);
	const uint8_t *end = (const uint8_t *)ring + RING_BYTES;
	uint64_t n = 0;

	for (; at < end; at++)
		n += *at != 0;
	return n;
}

void ring_scan(const struct nic_model *model, const void *ring, uint32_t nic,
	       struct ring_scan *out)
{
	uint32_t i;
	int len;

	memset(seen, 0, sizeof(seen));
	memset(out, 0, sizeof(*out));
	out->finished = ring_finished(model, ring);
	for (i = 0; i < out->finished; i++) {
		len = model->desc_len(ring, i);
		if (len < 0)
			out->holes++;
		else
			scan_frame(out, nic, i, buf_at(model, ring, i), buf_size(model), len);
	}
	out->stray = stray_bytes(model, ring, out->finished);
}

static void report(uint32_t nic, const struct ring_scan *s)
{
	fig_nic(nic, "received", s->received);
	fig_nic(nic, "dup", s->dup);
	fig_nic(nic, "order", s->order);
	fig_nic(nic, "holes", s->holes);
	fig_nic(nic, "badsum", s->badsum);
	fig_nic(nic, "first", s->first);
	fig_nic(nic, "last", s->last);
	ok_nic(nic, !s->badsum && !s->stray, "every frame in memory is whole, nothing else is",
	       "%llu bad descriptors, %llu stray bytes", (unsigned long long)s->badsum,
	       (unsigned long long)s->stray);
	ok_nic(nic, !s->dup && !s->order, "no frame is doubled or out of order",
	       "%llu doubled, %llu out of order", (unsigned long long)s->dup,
	       (unsigned long long)s->order);
	ok_nic(nic, !s->holes && !s->moved && s->received == s->last + 1,
	       "the frames lie in the ring from the first one on without a gap",
	       "%llu holes, %llu not in their place, %llu received up to number %llu",
	       (unsigned long long)s->holes, (unsigned long long)s->moved,
	       (unsigned long long)s->received, (unsigned long long)s->last);
}

uint64_t ring_verify(const struct nic_model *model, uint32_t nic, const void *ring)
{
	struct ring_scan scan;

	ring_scan(model, ring, nic, &scan);
	report(nic, &scan);
	return scan.received;
}
