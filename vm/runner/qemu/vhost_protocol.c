// SPDX-License-Identifier: GPL-2.0
/*
 * The vhost-user protocol, as far as a NIC with two queues and a cache of translations needs it.
 *
 * The emulator sends requests with file descriptors and waits for the answers that it wants.
 * Translations come and go as messages of type IOTLB; misses go out on a socket of their own.
 * Unknown requests, wrong sizes and values out of range end the protocol.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vhost_types.h>
#include <linux/virtio_config.h>

#include "core/util.h"
#include "vhost_protocol.h"

enum request {
	GET_FEATURES = 1, SET_FEATURES = 2, SET_OWNER = 3, SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8, SET_VRING_ADDR = 9, SET_VRING_BASE = 10, GET_VRING_BASE = 11,
	SET_VRING_KICK = 12, SET_VRING_CALL = 13, SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15, SET_PROTOCOL_FEATURES = 16, GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18, SET_BACKEND_REQ_FD = 21, IOTLB_MSG = 22,
};

#define BACKEND_IOTLB_MSG	1
#define VERSION			1u
#define REPLY			4u
#define NEED_REPLY		8u
#define FEATURES		(1ull << 30 | 1ull << VIRTIO_F_VERSION_1 | \
				 1ull << VIRTIO_F_ACCESS_PLATFORM)
#define PROTOCOL_FEATURES	(1ull << 0 | 1ull << 3 | 1ull << 5)	/* MQ, REPLY_ACK, BACKEND_REQ */
#define NO_FD			0x100u
#define QUEUE_MASK		0xffu
#define MAX_QUEUE		1024u
#define AGAIN			(200 * MSEC)	/* until a miss is repeated */

struct memory {
	uint32_t n, padding;
	struct {
		uint64_t guest, size, user, offset;
	} region[VHOST_REGIONS];
};

struct message {
	uint32_t unsent;	/* aligns what follows the header */
	uint32_t request, flags, size;
	union {
		uint64_t u64;
		struct vhost_vring_state state;
		struct vhost_vring_addr addr;
		struct vhost_iotlb_msg iotlb;
		struct memory memory;
	};
};

#define HEADER (offsetof(struct message, u64) - offsetof(struct message, request))

struct fds {
	size_t n;
	int fd[VHOST_REGIONS];
};

void vhost_fail(struct vhost *v, const char *why)
{
	if (!*v->why)
		snprintf(v->why, sizeof(v->why), "%s", why);
}

static void note(struct vhost *v, enum vhost_what what, uint64_t iova, uint64_t size,
		 size_t dropped)
{
	*array_add(v->events, v->nevents, v->events_cap) = (struct vhost_event){
		.t = now_ns(), .what = what, .iova = iova, .size = size, .dropped = dropped,
		.left = v->ntlb,
	};
}

void vhost_miss(struct vhost *v, uint64_t page, uint8_t perm)
{
	struct message m = {
		.request = BACKEND_IOTLB_MSG, .flags = VERSION, .size = sizeof(m.iotlb),
		.iotlb = { .iova = page, .size = 1, .perm = perm, .type = VHOST_IOTLB_MISS },
	};

	if (v->misses < 0 || (v->asked == (page | perm) && now_ns() < v->asked_at + AGAIN))
		return;
	v->asked = page | perm;
	v->asked_at = now_ns();
	note(v, VHOST_MISS, page, 1, 0);
	if (send(v->misses, &m.request, HEADER + m.size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		vhost_fail(v, "a miss cannot be sent");
}

static void invalidate(struct vhost *v, uint64_t iova, uint64_t size)
{
	uint64_t last = size && iova + (size - 1) >= iova ? iova + (size - 1) : ~0ull;
	size_t i, before = v->ntlb;

	for (i = 0; i < v->ntlb;) {
		const struct vhost_entry *e = &v->tlb[i];

		if (e->iova <= last && e->iova + (e->size - 1) >= iova)
			v->tlb[i] = v->tlb[--v->ntlb];
		else
			i++;
	}
	note(v, VHOST_INVALIDATE, iova, last - iova + 1, before - v->ntlb);
	v->asked = ~0ull;
}

static void update(struct vhost *v, const struct vhost_iotlb_msg *msg)
{
	v->asked = ~0ull;
	if (!msg->size || msg->iova + (msg->size - 1) < msg->iova)
		return vhost_fail(v, "a translation of an impossible range");
	if (v->ntlb == VHOST_TLB)	/* a device may forget at any time */
		memmove(v->tlb, v->tlb + 1, --v->ntlb * sizeof(v->tlb[0]));
	v->tlb[v->ntlb++] = (struct vhost_entry){
		.iova = msg->iova, .size = msg->size, .user = msg->uaddr, .perm = msg->perm,
	};
	note(v, VHOST_UPDATE, msg->iova, msg->size, 0);
}

static void on_iotlb(struct vhost *v, const struct vhost_iotlb_msg *msg)
{
	switch (msg->type) {
	case VHOST_IOTLB_UPDATE:
		return update(v, msg);
	case VHOST_IOTLB_INVALIDATE:
		return invalidate(v, msg->iova, msg->size);
	default:
		vhost_fail(v, "an IOTLB message of unknown type");
	}
}

static void forget_memory(struct vhost *v)
{
	while (v->nregions) {
		struct vhost_region *r = &v->region[--v->nregions];

		munmap(r->map, r->map_size);
	}
}

static void on_memory(struct vhost *v, const struct memory *m, const struct fds *fds)
{
	size_t i;

	forget_memory(v);
	if (m->n > VHOST_REGIONS || m->n != fds->n)
		return vhost_fail(v, "a table of memory with wrong descriptors");
	for (i = 0; i < m->n; i++) {
		struct vhost_region *r = &v->region[i];

		r->map_size = m->region[i].size + m->region[i].offset;
		r->map = mmap(NULL, r->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, fds->fd[i], 0);
		if (r->map == MAP_FAILED)
			return vhost_fail(v, "memory that cannot be mapped");
		v->nregions++;
		r->user = m->region[i].user;
		r->size = m->region[i].size;
		r->at = (uint8_t *)r->map + m->region[i].offset;
	}
}

static struct vhost_queue *queue(struct vhost *v, uint64_t index)
{
	static struct vhost_queue none = { .call = -1, .kick = -1 };

	if (index < VHOST_QUEUES)
		return &v->queue[index];
	vhost_fail(v, "a queue that does not exist");
	return &none;
}

/* Descriptors that are kept are taken out of @fds. */
static int take_fd(struct vhost *v, struct fds *fds, uint64_t value)
{
	int fd;

	if (value & NO_FD)
		return -1;
	if (fds->n != 1) {
		vhost_fail(v, "a message without its descriptor");
		return -1;
	}
	fd = fds->fd[0];
	fds->n = 0;
	return fd;
}

static void replace_fd(struct vhost *v, int *fd, uint64_t value, struct fds *fds)
{
	if (*fd >= 0)
		close(*fd);
	*fd = take_fd(v, fds, value);
}

static void set_kick(struct vhost *v, uint64_t value, struct fds *fds)
{
	struct vhost_queue *q = queue(v, value & QUEUE_MASK);

	replace_fd(v, &q->kick, value, fds);
	q->started = true;
}

static void set_size(struct vhost *v, const struct vhost_vring_state *state)
{
	if (!state->num || state->num > MAX_QUEUE || state->num & (state->num - 1))
		return vhost_fail(v, "a queue of an impossible size");
	queue(v, state->index)->size = state->num;
}

static void set_addr(struct vhost *v, const struct vhost_vring_addr *addr)
{
	struct vhost_queue *q = queue(v, addr->index);

	q->desc = addr->desc_user_addr;
	q->avail = addr->avail_user_addr;
	q->used = addr->used_user_addr;
}

static uint32_t size_of(uint32_t request)
{
	switch (request) {
	case GET_FEATURES:
	case SET_OWNER:
	case GET_PROTOCOL_FEATURES:
	case GET_QUEUE_NUM:
	case SET_BACKEND_REQ_FD:
		return 0;
	case SET_VRING_ADDR:
		return sizeof(struct vhost_vring_addr);
	case IOTLB_MSG:
		return sizeof(struct vhost_iotlb_msg);
	}
	return 8;
}

/* True if @m is the answer now */
static bool handle(struct vhost *v, struct message *m, struct fds *fds)
{
	struct vhost_queue *q;

	switch (m->request) {
	case GET_FEATURES:
		m->u64 = FEATURES;
		return true;
	case GET_PROTOCOL_FEATURES:
		m->u64 = PROTOCOL_FEATURES;
		return true;
	case GET_QUEUE_NUM:
		m->u64 = 1;
		return true;
	case GET_VRING_BASE:
		q = queue(v, m->state.index);
		q->started = false;
		m->state.num = q->next;
		return true;
	case SET_FEATURES:	/* a new start: a reset has emptied the cache */
		v->ntlb = 0;
		v->asked = ~0ull;
		break;
	case SET_PROTOCOL_FEATURES:
	case SET_OWNER:
	case SET_VRING_ERR:
		break;
	case SET_MEM_TABLE:
		on_memory(v, &m->memory, fds);
		break;
	case SET_VRING_NUM:
		set_size(v, &m->state);
		break;
	case SET_VRING_ADDR:
		set_addr(v, &m->addr);
		break;
	case SET_VRING_BASE:
		queue(v, m->state.index)->next = m->state.num;
		break;
	case SET_VRING_KICK:
		set_kick(v, m->u64, fds);
		break;
	case SET_VRING_CALL:
		replace_fd(v, &queue(v, m->u64 & QUEUE_MASK)->call, m->u64, fds);
		break;
	case SET_VRING_ENABLE:
		queue(v, m->state.index)->enabled = m->state.num;
		break;
	case SET_BACKEND_REQ_FD:
		replace_fd(v, &v->misses, 0, fds);
		break;
	case IOTLB_MSG:
		on_iotlb(v, &m->iotlb);
		break;
	default:
		vhost_fail(v, text("the unknown request %u", m->request));
	}
	return false;
}

static bool read_all(struct vhost *v, void *to, size_t len)
{
	uint8_t *at = to;
	ssize_t n;

	for (; len; at += n, len -= n) {
		n = recv(v->outside.emulator, at, len, 0);
		if (n <= 0)
			return false;
	}
	return true;
}

/* The header, with which the descriptors come */
static bool read_header(struct vhost *v, struct message *m, struct fds *fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(fds->fd))];
	} control;
	struct iovec data = { .iov_base = &m->request, .iov_len = HEADER };
	struct msghdr msg = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(v->outside.emulator, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (n <= 0)
		return false;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		fds->n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds->fd, CMSG_DATA(c), fds->n * sizeof(int));
	}
	return read_all(v, (char *)&m->request + n, HEADER - n);
}

static bool size_right(const struct message *m)
{
	if (m->request == SET_MEM_TABLE)
		return m->size >= 8 && m->size <= sizeof(m->memory) &&
		       (m->size - 8) % sizeof(m->memory.region[0]) == 0;
	return m->size == size_of(m->request);
}

static void answer(struct vhost *v, struct message *m, bool own)
{
	if (!own) {
		if (!(m->flags & NEED_REPLY))
			return;
		m->u64 = 0;
	}
	m->flags = VERSION | REPLY;
	m->size = sizeof(m->u64);
	if (send(v->outside.emulator, &m->request, HEADER + m->size, MSG_NOSIGNAL) < 0)
		vhost_fail(v, "an answer cannot be sent");
}

bool vhost_serve(struct vhost *v)
{
	struct message m = {};
	struct fds fds = {};
	size_t i;

	if (!read_header(v, &m, &fds))
		return false;
	if (!size_right(&m))
		vhost_fail(v, text("request %u with %u bytes", m.request, m.size));
	else if (m.size && !read_all(v, &m.u64, m.size))
		return false;
	if (!*v->why)
		answer(v, &m, handle(v, &m, &fds));
	for (i = 0; i < fds.n; i++)
		close(fds.fd[i]);
	return !*v->why;
}
