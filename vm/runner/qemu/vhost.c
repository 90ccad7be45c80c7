// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC outside the emulator, which talks to it by the vhost-user protocol. It gets its frames
 * from a sender and writes them to the machine's memory by itself. So it is a device with ATS as
 * hardware has one: it asks the IOMMU for translations, keeps them in a cache of its own and uses
 * them until they are invalidated. A missing invalidation is really missing: the device then
 * writes to where the old translation points.
 *
 * One thread does all: it serves the protocol (vhost_protocol.c), and between two messages it
 * delivers frames (here). A frame is delivered when all its translations are in the cache; until
 * then it is kept, and each miss is asked for once. Whatever the emulator or the guest's rings say
 * is checked; an error ends the thread with a reason, which fails the run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include "core/util.h"
#include "vhost.h"
#include "vhost_protocol.h"

#define PAGE		4096ull
#define READ		1
#define WRITE		2

/* Where @iova is in this process; NULL if that is not in the cache, and is asked for. */
static uint8_t *translate(struct vhost *v, uint64_t iova, uint8_t perm)
{
	size_t i, r;

	for (i = 0; i < v->ntlb; i++) {
		const struct vhost_entry *e = &v->tlb[i];
		uint64_t user = e->user + (iova - e->iova);

		if (iova - e->iova >= e->size || (e->perm & perm) != perm)
			continue;
		for (r = 0; r < v->nregions; r++)
			if (user - v->region[r].user < v->region[r].size)
				return v->region[r].at + (user - v->region[r].user);
		vhost_fail(v, "a translation to outside the machine's memory");
		return NULL;
	}
	vhost_miss(v, iova & ~(PAGE - 1), perm);
	return NULL;
}

/* All of the range is in the cache. */
static bool reachable(struct vhost *v, uint64_t iova, size_t len, uint8_t perm)
{
	uint64_t page = iova & ~(PAGE - 1);

	for (; page < iova + len; page += PAGE)
		if (!translate(v, page, perm))
			return false;
	return true;
}

/* Between @data and the machine's memory, of which all is reachable */
static void copy(struct vhost *v, uint64_t iova, void *data, size_t len, uint8_t perm)
{
	uint8_t *at = data, *there;
	size_t part;

	for (; len; iova += part, at += part, len -= part) {
		part = PAGE - (iova & (PAGE - 1));
		part = part < len ? part : len;
		there = translate(v, iova, perm);
		if (!there)
			return;
		if (perm == WRITE)
			memcpy(there, at, part);
		else
			memcpy(at, there, part);
	}
}

static bool get(struct vhost *v, uint64_t iova, void *data, size_t len)
{
	if (!reachable(v, iova, len, READ))
		return false;
	copy(v, iova, data, len, READ);
	return true;
}

/* The descriptor of the next buffer; its number, or -1 if there is none yet. */
static int next_buffer(struct vhost *v, struct vhost_queue *q, struct vring_desc *desc)
{
	uint16_t available, head, slot = q->next % q->size;

	if (!get(v, q->avail + offsetof(struct vring_avail, idx), &available, sizeof(available)) ||
	    available == q->next)
		return -1;
	if (!get(v, q->avail + offsetof(struct vring_avail, ring) + slot * sizeof(head), &head,
		 sizeof(head)))
		return -1;
	if (head >= q->size) {
		vhost_fail(v, "a buffer number that is too large");
		return -1;
	}
	return get(v, q->desc + head * sizeof(*desc), desc, sizeof(*desc)) ? head : -1;
}

static void use_buffer(struct vhost *v, struct vhost_queue *q, uint32_t head, uint32_t len)
{
	struct vring_used_elem element = { .id = head, .len = len };
	uint64_t slot = q->used + offsetof(struct vring_used, ring) +
			q->next % q->size * sizeof(element);

	copy(v, slot, &element, sizeof(element), WRITE);
	atomic_thread_fence(memory_order_release);
	q->next++;
	copy(v, q->used + offsetof(struct vring_used, idx), &q->next, sizeof(q->next), WRITE);
	if (q->call >= 0)
		eventfd_write(q->call, 1);
}

/* True if the first frame was delivered */
static bool deliver(struct vhost *v)
{
	struct vhost_queue *q = &v->queue[0];
	struct virtio_net_hdr_v1 header = { .num_buffers = 1 };
	size_t len = sizeof(header) + v->len;
	struct vring_desc desc;
	int head;

	if (!v->len || !q->enabled || !q->started || !q->size)
		return false;
	head = next_buffer(v, q, &desc);
	if (head < 0)
		return false;
	if (desc.len < len || !(desc.flags & VRING_DESC_F_WRITE)) {
		vhost_fail(v, "a buffer that cannot take a frame");
		return false;
	}
	if (!reachable(v, desc.addr, len, WRITE) ||
	    !reachable(v, q->used, sizeof(struct vring_used_elem) * (q->size + 1), WRITE))
		return false;
	copy(v, desc.addr, &header, sizeof(header), WRITE);
	copy(v, desc.addr + sizeof(header), v->frame, v->len, WRITE);
	use_buffer(v, q, head, len);
	*array_add(v->writes, v->nwrites, v->writes_cap) = now_ns();
	v->len = 0;
	return true;
}

/* Buffers to send are returned at once: their frames go nowhere. */
static void return_sent(struct vhost *v)
{
	struct vhost_queue *q = &v->queue[1];
	struct vring_desc desc;
	int head;

	if (!q->enabled || !q->started || !q->size) {
		v->to_return = false;
		return;
	}
	if (!reachable(v, q->used, sizeof(struct vring_used_elem) * (q->size + 1), WRITE))
		return;
	head = next_buffer(v, q, &desc);
	if (head >= 0)
		use_buffer(v, q, head, 0);
	else if (v->asked == ~0ull)	/* no more, not just no translation */
		v->to_return = false;
}

static void fetch(struct vhost *v)
{
	ssize_t n = v->len ? 0 : recv(v->frames, v->frame, sizeof(v->frame), MSG_DONTWAIT);

	if (n > 0)
		v->len = n;
}

static void *vhost_loop(void *arg)
{
	struct vhost *v = arg;
	eventfd_t kicks;
	enum { EMULATOR, FRAMES, SENT, STOP, N };
	struct pollfd p[N] = {
		[EMULATOR] = { .fd = v->outside.listener, .events = POLLIN },
		[FRAMES] = { .events = POLLIN },
		[SENT] = { .events = POLLIN },
		[STOP] = { .fd = v->outside.stop, .events = POLLIN },
	};

	while (!*v->why) {
		/* A frame that waits is tried again with each message, and every millisecond. */
		p[FRAMES].fd = v->len ? -1 : v->frames;
		p[SENT].fd = v->queue[1].kick;
		if (poll(p, N, v->len || v->to_return ? 1 : -1) < 0 && errno != EINTR)
			break;
		if (p[STOP].revents)
			break;
		if (p[EMULATOR].revents && v->outside.emulator < 0) {
			v->outside.emulator = accept4(v->outside.listener, NULL, NULL, SOCK_CLOEXEC);
			p[EMULATOR].fd = v->outside.emulator;
		} else if (p[EMULATOR].revents && !vhost_serve(v)) {
			break;
		}
		do
			fetch(v);
		while (deliver(v));
		if (p[SENT].revents && !eventfd_read(v->queue[1].kick, &kicks))
			v->to_return = true;
		if (v->to_return)
			return_sent(v);
	}
	return NULL;
}

const char *vhost_address(int device)
{
	return text("lurun-%d-%d", (int)getpid(), device);
}

void vhost_open(struct vhost *v, const struct sender *link)
{
	memset(v, 0, sizeof(*v));
	v->frames = fcntl(link->qemu_fd, F_DUPFD_CLOEXEC, 0);
	v->misses = -1;
	v->asked = ~0ull;
	v->queue[0].call = v->queue[1].call = -1;
	v->queue[0].kick = v->queue[1].kick = -1;
	outside_open(&v->outside, vhost_address(link->device), vhost_loop, v);
}

void vhost_close(struct vhost *v)
{
	size_t i;

	outside_close(&v->outside);
	for (i = 0; i < v->nregions; i++)
		munmap(v->region[i].map, v->region[i].map_size);
	for (i = 0; i < VHOST_QUEUES; i++) {
		if (v->queue[i].call >= 0)
			close(v->queue[i].call);
		if (v->queue[i].kick >= 0)
			close(v->queue[i].kick);
	}
	if (v->misses >= 0)
		close(v->misses);
	close(v->frames);
}
