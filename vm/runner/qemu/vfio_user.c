// SPDX-License-Identifier: GPL-2.0
/*
 * A PCI function outside the emulator, which talks to it by the vfio-user protocol. No device
 * inside the emulator supports PASIDs; this one has that capability, and those of ATS, PRI and ACS.
 * Beside its configuration space it has a BAR without a function and an MSI-X vector that never
 * fires. It does no DMA and asks for no translation. It makes no page requests, and can be told to
 * behave as if one were outstanding when they are disabled.
 *
 * One thread serves the protocol. The emulator sends a request and waits for its answer.
 * Unknown requests and wrong sizes end the thread with a reason, which fails the run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "core/util.h"
#include "vfio_user.h"

enum request {
	VERSION = 1, DMA_MAP = 2, DMA_UNMAP = 3, GET_INFO = 4, GET_REGION_INFO = 5,
	GET_IRQ_INFO = 7, SET_IRQS = 8, REGION_READ = 9, REGION_WRITE = 10, RESET = 13,
};

#define REPLY		1u
#define NO_REPLY	(1u << 4)
#define MAX_FDS		8

#define CAP_EXP		0x40
#define CAP_MSIX	0x80
#define CAP_PASID	0x100
#define CAP_ATS		0x110
#define CAP_PRI		0x120
#define CAP_ACS		0x130
#define PRI_BEHAVIOUR	0xe0		/* of this model: how page requests stop */
#define PASID_BITS	20
#define BAR_SIZE	0x2000
#define MSIX_PBA	0x1000

/* values of PRI_BEHAVIOUR: when its status has been read a few times; by a reset only; never */
enum behaviour { STOPS_SOON, STOPS_BY_RESET, STOPS_NEVER };

#define LOOKS		3

struct header {
	uint16_t id, request;
	uint32_t size, flags, error;
};

struct access {
	uint64_t offset;
	uint32_t region, count;
};

struct message {
	struct header h;
	union {
		struct { uint16_t major, minor; char json[256]; } version;
		struct vfio_device_info info;
		struct vfio_region_info region;
		struct vfio_irq_info irq;
		struct { struct access access; uint8_t data[VFIO_USER_CONFIG]; };
		uint8_t all[8192];
	};
};

static void fail(struct vfio_user *v, const char *why)
{
	if (!*v->why)
		snprintf(v->why, sizeof(v->why), "%s", why);
}

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* As after a reset; ids 1b36:1ac1 are not those of a real device. */
static void reset(uint8_t *c)
{
	memset(c, 0, VFIO_USER_CONFIG);
	put16(c + PCI_VENDOR_ID, 0x1b36);
	put16(c + PCI_DEVICE_ID, 0x1ac1);
	put16(c + PCI_STATUS, PCI_STATUS_CAP_LIST);
	put16(c + PCI_CLASS_DEVICE, 0x1200);	/* processing accelerator */
	put16(c + PCI_SUBSYSTEM_VENDOR_ID, 0x1b36);
	c[PCI_CAPABILITY_LIST] = CAP_EXP;
	put16(c + CAP_EXP, PCI_CAP_ID_EXP | CAP_MSIX << 8);
	put16(c + CAP_EXP + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	put32(c + CAP_EXP + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
	put16(c + CAP_EXP + PCI_EXP_LNKCAP, 1 | 1 << 4);
	put16(c + CAP_EXP + PCI_EXP_LNKSTA, 1 | 1 << 4);
	put32(c + CAP_EXP + PCI_EXP_DEVCAP2, PCI_EXP_DEVCAP2_EE_PREFIX);
	put16(c + CAP_MSIX, PCI_CAP_ID_MSIX);
	put32(c + CAP_MSIX + PCI_MSIX_PBA, MSIX_PBA);
	put32(c + CAP_PASID, PCI_EXT_CAP_ID_PASID | 1 << 16 | CAP_ATS << 20);
	put16(c + CAP_PASID + PCI_PASID_CAP,
	      PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV | PASID_BITS << 8);
	put32(c + CAP_ATS, PCI_EXT_CAP_ID_ATS | 1 << 16 | CAP_PRI << 20);
	put16(c + CAP_ATS + PCI_ATS_CAP, PCI_ATS_CAP_PAGE_ALIGNED);
	put32(c + CAP_PRI, PCI_EXT_CAP_ID_PRI | 1 << 16 | CAP_ACS << 20);
	put16(c + CAP_PRI + PCI_PRI_STATUS, PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_PASID);
	put32(c + CAP_PRI + PCI_PRI_MAX_REQ, 64);
	put32(c + CAP_ACS, PCI_EXT_CAP_ID_ACS | 1 << 16);
	put16(c + CAP_ACS + PCI_ACS_CAP, PCI_ACS_RR | PCI_ACS_CR);
}

/* The registers that a write can change */
static const struct writable {
	uint16_t at, mask;
} writable[] = {
	{ PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE },
	{ CAP_EXP + PCI_EXP_DEVCTL, 0x7fff },
	{ CAP_EXP + PCI_EXP_DEVCTL2, 0xffff },
	{ CAP_MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
	{ CAP_PASID + PCI_PASID_CTRL,
	  PCI_PASID_CTRL_ENABLE | PCI_PASID_CTRL_EXEC | PCI_PASID_CTRL_PRIV },
	{ CAP_ATS + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE | 0x1f },
	{ CAP_PRI + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE | PCI_PRI_CTRL_RESET },
	{ CAP_PRI + PCI_PRI_ALLOC_REQ, 0xffff },
	{ CAP_ACS + PCI_ACS_CTRL, PCI_ACS_RR | PCI_ACS_CR },
	{ PRI_BEHAVIOUR, 0xff },
};

static void note_pri(struct vfio_user *v, enum page_requests_event what)
{
	*array_add(v->pri, v->npri, v->pri_cap) = (struct page_requests){ now_ns(), what };
}

static void stop_pri(struct vfio_user *v)
{
	uint8_t *status = v->config + CAP_PRI + PCI_PRI_STATUS;

	if (!(get16(status) & PCI_PRI_STATUS_STOPPED))
		note_pri(v, PRI_STOPPED);
	put16(status, get16(status) | PCI_PRI_STATUS_STOPPED);
}

/* PCI Express: what the control register, written over @was, does to the status */
static void change_pri(struct vfio_user *v, uint16_t was)
{
	uint8_t *status = v->config + CAP_PRI + PCI_PRI_STATUS;
	const uint16_t now = get16(v->config + CAP_PRI + PCI_PRI_CTRL);

	if (now & ~was & PCI_PRI_CTRL_ENABLE) {
		put16(status, get16(status) & ~PCI_PRI_STATUS_STOPPED);
		note_pri(v, PRI_ENABLED);
	}
	if (was & ~now & PCI_PRI_CTRL_ENABLE) {
		v->looks = LOOKS;
		note_pri(v, PRI_DISABLED);
	}
	if (now == PCI_PRI_CTRL_RESET && v->config[PRI_BEHAVIOUR] != STOPS_NEVER)
		stop_pri(v);
}

/* Its status is about to be read. */
static void look_at_pri(struct vfio_user *v)
{
	if (get16(v->config + CAP_PRI + PCI_PRI_CTRL) & PCI_PRI_CTRL_ENABLE ||
	    v->config[PRI_BEHAVIOUR] != STOPS_SOON)
		return;
	if (v->looks)
		v->looks--;
	else
		stop_pri(v);
}

static void change(struct vfio_user *v, const uint8_t *wanted)
{
	const uint16_t pasid = get16(v->config + CAP_PASID + PCI_PASID_CTRL);
	const uint16_t ats = get16(v->config + CAP_ATS + PCI_ATS_CTRL);
	const uint16_t pri = get16(v->config + CAP_PRI + PCI_PRI_CTRL);
	const struct writable *w;

	for (w = writable; w < writable + ARRAY_SIZE(writable); w++)
		put16(v->config + w->at, (get16(v->config + w->at) & ~w->mask) |
					 (get16(wanted + w->at) & w->mask));
	change_pri(v, pri);
	if (get16(wanted + CAP_EXP + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR)
		reset(v->config);
	if (get16(v->config + CAP_PASID + PCI_PASID_CTRL) != pasid ||
	    get16(v->config + CAP_ATS + PCI_ATS_CTRL) != ats)
		*array_add(v->changes, v->nchanges, v->changes_cap) = now_ns();
}

/* The size of the answer's contents; only the configuration space is more than zeros */
static size_t read_region(struct vfio_user *v, struct message *m)
{
	const struct access *a = &m->access;

	if (a->count > sizeof(m->data) || a->offset > VFIO_USER_CONFIG - a->count) {
		fail(v, "a read out of range");
		return 0;
	}
	memset(m->data, 0, a->count);
	if (a->offset == CAP_PRI + PCI_PRI_STATUS)
		look_at_pri(v);
	if (a->region == VFIO_PCI_CONFIG_REGION_INDEX)
		memcpy(m->data, v->config + a->offset, a->count);
	return sizeof(*a) + a->count;
}

static size_t write_region(struct vfio_user *v, struct message *m, size_t size)
{
	uint8_t wanted[VFIO_USER_CONFIG];
	const struct access *a = &m->access;

	if (size < sizeof(*a) || a->count > size - sizeof(*a) || a->count > sizeof(m->data)) {
		fail(v, "a write of a wrong size");
		return 0;
	}
	if (a->region != VFIO_PCI_CONFIG_REGION_INDEX)
		return sizeof(*a);
	if (a->offset > VFIO_USER_CONFIG - a->count) {
		fail(v, "a write out of range");
		return 0;
	}
	memcpy(wanted, v->config, sizeof(wanted));
	memcpy(wanted + a->offset, m->data, a->count);
	change(v, wanted);
	return sizeof(*a);
}

static size_t greet(struct message *m)
{
	m->version.minor = 0;
	strcpy(m->version.json, "{\"capabilities\":{}}");
	return offsetof(typeof(m->version), json) + strlen(m->version.json) + 1;
}

static size_t get_info(struct message *m)
{
	m->info.argsz = 16;
	m->info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	m->info.num_regions = VFIO_PCI_NUM_REGIONS;
	m->info.num_irqs = VFIO_PCI_NUM_IRQS;
	return 16;
}

static size_t get_region(struct message *m)
{
	struct vfio_region_info *r = &m->region;

	r->argsz = sizeof(*r);
	r->cap_offset = 0;
	r->size = r->index == VFIO_PCI_CONFIG_REGION_INDEX ? VFIO_USER_CONFIG :
		  r->index == VFIO_PCI_BAR0_REGION_INDEX ? BAR_SIZE : 0;
	r->flags = r->size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	r->offset = 0;
	return sizeof(*r);
}

static size_t get_irq(struct message *m)
{
	m->irq.argsz = sizeof(m->irq);
	m->irq.count = m->irq.index == VFIO_PCI_MSIX_IRQ_INDEX;
	m->irq.flags = m->irq.count ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	return sizeof(m->irq);
}

/* The size of the answer's contents */
static size_t answer(struct vfio_user *v, struct message *m, size_t size)
{
	switch ((enum request)m->h.request) {
	case VERSION:
		return greet(m);
	case GET_INFO:
		return get_info(m);
	case GET_REGION_INFO:
		return get_region(m);
	case GET_IRQ_INFO:
		return get_irq(m);
	case REGION_READ:
		return read_region(v, m);
	case REGION_WRITE:
		return write_region(v, m, size);
	case RESET:
		reset(v->config);
		return 0;
	case DMA_MAP:
	case DMA_UNMAP:
		return size;
	case SET_IRQS:
		return 0;
	}
	fail(v, "an unknown request");
	return 0;
}

/* No memory of the machine and no interrupt is used: their descriptors are closed. */
static ssize_t receive(struct vfio_user *v, void *at, size_t len)
{
	union {
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { at, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c;
	size_t i, n;
	ssize_t got;
	int fd;

	got = recvmsg(v->outside.emulator, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	for (c = CMSG_FIRSTHDR(&msg); got > 0 && c; c = CMSG_NXTHDR(&msg, c)) {
		n = c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(fd) : 0;
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
	}
	return got;
}

/* False when the emulator has gone, or on an error */
static bool serve(struct vfio_user *v)
{
	struct message m;
	size_t size;

	if (receive(v, &m.h, sizeof(m.h)) != sizeof(m.h))
		return false;
	size = m.h.size - sizeof(m.h);
	if (m.h.size < sizeof(m.h) || size > sizeof(m.all)) {
		fail(v, "a message of an impossible size");
		return false;
	}
	if (size && receive(v, m.all, size) != (ssize_t)size)
		return false;
	size = answer(v, &m, size);
	if (*v->why)
		return false;
	if (m.h.flags & NO_REPLY)
		return true;
	m.h.flags = REPLY;
	m.h.error = 0;
	m.h.size = sizeof(m.h) + size;
	return send(v->outside.emulator, &m, m.h.size, MSG_NOSIGNAL) == (ssize_t)m.h.size;
}

static void *loop(void *arg)
{
	struct vfio_user *v = arg;
	struct pollfd p[] = {
		{ .fd = v->outside.listener, .events = POLLIN },
		{ .fd = v->outside.stop, .events = POLLIN },
	};

	while (!p[1].revents) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (!p[0].revents)
			continue;
		if (v->outside.emulator >= 0 && !serve(v))
			break;
		if (v->outside.emulator < 0)
			p[0].fd = v->outside.emulator = accept4(v->outside.listener, NULL, NULL, SOCK_CLOEXEC);
	}
	return NULL;
}

void vfio_user_open(struct vfio_user *v, const char *path)
{
	memset(v, 0, sizeof(*v));
	reset(v->config);
	outside_open(&v->outside, path, loop, v);
}

void vfio_user_close(struct vfio_user *v)
{
	outside_close(&v->outside);
}
