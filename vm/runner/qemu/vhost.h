/* SPDX-License-Identifier: GPL-2.0 */
/* A NIC outside the emulator, with a cache of translations of its own. See vhost.c. */
#ifndef VM_RUNNER_VHOST_H
#define VM_RUNNER_VHOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside.h"
#include "sender.h"

#define VHOST_REGIONS	8
#define VHOST_QUEUES	2
#define VHOST_TLB	512	/* entries of the cache */

/* The machine's memory, as the emulator hands it over */
struct vhost_region {
	uint64_t user;		/* its address in the emulator */
	uint64_t size;
	uint8_t *at;
	void *map;
	size_t map_size;
};

struct vhost_queue {
	uint32_t size;
	uint16_t next;		/* buffers used, modulo 2^16 */
	bool enabled, started;
	uint64_t desc, avail, used;
	int call, kick;
};

/* A cached translation, from bus address to an address in the emulator */
struct vhost_entry {
	uint64_t iova, size, user;
	uint8_t perm;
};

/* What happened to the cache, and when */
enum vhost_what { VHOST_MISS, VHOST_UPDATE, VHOST_INVALIDATE };

struct vhost_event {
	int64_t t;
	enum vhost_what what;
	uint64_t iova, size;
	size_t dropped;		/* entries, of an invalidation */
	size_t left;		/* entries in the cache afterwards */
};

struct vhost {
	struct outside outside;
	int misses, frames;	/* sockets */
	struct vhost_region region[VHOST_REGIONS];
	size_t nregions;
	struct vhost_queue queue[VHOST_QUEUES];
	struct vhost_entry tlb[VHOST_TLB];
	size_t ntlb;
	uint64_t asked;		/* page and access of the last miss */
	int64_t asked_at;
	uint8_t frame[2048];	/* the first one that is not delivered */
	size_t len;
	bool to_return;		/* the guest has sent a frame */

	struct vhost_event *events;
	size_t nevents, events_cap;
	int64_t *writes;	/* when each frame was written */
	size_t nwrites, writes_cap;
	char why[128];		/* of the end of the protocol, "": it was regular */
};

/* Take the frames of @link and wait for the emulator at vhost_address(). */
void vhost_open(struct vhost *v, const struct sender *link);
void vhost_close(struct vhost *v);

/* Of the device's socket, in the abstract name space */
const char *vhost_address(int device);

#endif /* VM_RUNNER_VHOST_H */
