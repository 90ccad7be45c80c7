// SPDX-License-Identifier: GPL-2.0
/*
 * The drive behind an emulated NVMe controller, served by the NBD protocol. Block k has frame k
 * of a sender, and it can be read when that frame is sent, not earlier: so commands are
 * outstanding for as long as the VM asks for more blocks than there are, and complete at the
 * sender's rate, whatever the kernel under test does meanwhile. The last block is always there.
 *
 * When the sender has ended the drive is gone: it ends the connection, and the emulator fails the
 * commands that are left. A controller cannot be reset while its commands wait for a drive.
 *
 * One thread does all. The emulator is trusted as far as the connection ends on an error; the
 * frames are lost then.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/util.h"
#include "drive.h"

#define GREETING	0x4e42444d41474943ull	/* "NBDMAGIC" */
#define OPTION		0x49484156454f5054ull	/* "IHAVEOPT" */
#define OPTION_REPLY	0x0003e889045565a9ull
#define REQUEST		0x25609513u
#define REPLY		0x67446698u

#define FIXED_NEWSTYLE	1
#define OPT_ABORT	2u
#define OPT_GO		7u
#define REP_ACK		1u
#define REP_INFO	3u
#define REP_UNSUPPORTED	0x80000001u
#define INFO_EXPORT	0
#define READ_ONLY	3			/* and: there are flags */
#define CMD_READ	0
#define CMD_DISCONNECT	2

#define PAUSE_US	1000
#define LAST_FRAME_MS	300			/* after the sender has ended */

struct greeting {
	uint64_t magic, option;
	uint16_t flags;
} __attribute__((packed));

struct option {
	uint64_t magic;
	uint32_t what, length;
} __attribute__((packed));

struct option_reply {
	uint64_t magic;
	uint32_t what, type, length;
} __attribute__((packed));

struct export_info {
	uint16_t what;
	uint64_t bytes;
	uint16_t flags;
} __attribute__((packed));

struct request {
	uint32_t magic;
	uint16_t flags, what;
	uint64_t cookie, offset;
	uint32_t length;
} __attribute__((packed));

struct reply {
	uint32_t magic, error;
	uint64_t cookie;
	uint8_t block[DRIVE_BLOCK];
} __attribute__((packed));

static bool get(const struct drive *d, void *to, size_t n)
{
	return recv(d->outside.emulator, to, n, MSG_WAITALL) == (ssize_t)n;
}

static bool put(const struct drive *d, const void *from, size_t n)
{
	return send(d->outside.emulator, from, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool answer_option(const struct drive *d, uint32_t what, uint32_t type, const void *data,
			  uint32_t length)
{
	struct option_reply r = { htobe64(OPTION_REPLY), htobe32(what), htobe32(type),
				  htobe32(length) };

	return put(d, &r, sizeof(r)) && (!length || put(d, data, length));
}

/* The emulator asks for more than a drive must have, until it says "go". */
static bool negotiate(const struct drive *d)
{
	struct export_info info = { htobe16(INFO_EXPORT), htobe64(DRIVE_BYTES), htobe16(READ_ONLY) };
	char data[1024];
	struct option o;

	while (get(d, &o, sizeof(o))) {
		uint32_t what = be32toh(o.what), length = be32toh(o.length);

		if (be64toh(o.magic) != OPTION || length > sizeof(data) ||
		    (length && !get(d, data, length)) || what == OPT_ABORT)
			return false;
		if (what == OPT_GO)
			return answer_option(d, what, REP_INFO, &info, sizeof(info)) &&
			       answer_option(d, what, REP_ACK, NULL, 0);
		if (!answer_option(d, what, REP_UNSUPPORTED, NULL, 0))
			return false;
	}
	return false;
}

static bool greet(struct drive *d)
{
	struct greeting hello = { htobe64(GREETING), htobe64(OPTION), htobe16(FIXED_NEWSTYLE) };
	uint32_t flags;

	d->outside.emulator = accept4(d->outside.listener, NULL, NULL, SOCK_CLOEXEC);
	return d->outside.emulator >= 0 && put(d, &hello, sizeof(hello)) && get(d, &flags, sizeof(flags)) &&
	       negotiate(d);
}

/*
 * With several reads under way the emulator may take a whole reply and complete its read only when
 * the next reply arrives, a frame later. It does so at once if it had to wait within the reply.
 */
static bool answer(const struct drive *d, uint64_t cookie, const void *block)
{
	struct reply r = { .magic = htobe32(REPLY), .cookie = cookie };

	memcpy(r.block, block, sizeof(r.block));
	if (!put(d, &r, sizeof(r) - 1))
		return false;
	usleep(PAUSE_US);
	return put(d, &r.block[DRIVE_BLOCK - 1], 1);
}

static bool take_request(struct drive *d)
{
	static const uint8_t nothing[DRIVE_BLOCK];
	struct request q;

	if (!get(d, &q, sizeof(q)) || be32toh(q.magic) != REQUEST ||
	    be16toh(q.what) != CMD_READ || be32toh(q.length) != DRIVE_BLOCK ||
	    d->nreads == DRIVE_READS)
		return false;
	if (be64toh(q.offset) == DRIVE_BYTES - DRIVE_BLOCK)
		return answer(d, q.cookie, nothing);
	d->read[d->nreads++] = (struct drive_read){ q.cookie, be64toh(q.offset) };
	return true;
}

/* The read of the frame's own block; a frame whose block is not asked for yet is kept. */
static bool deliver(struct drive *d)
{
	uint64_t cookie;
	size_t i;

	for (i = 0; i < d->nreads && d->read[i].offset != d->seq * DRIVE_BLOCK; i++)
		;
	if (i == d->nreads)
		return true;
	cookie = d->read[i].cookie;
	d->read[i] = d->read[--d->nreads];
	d->filled = false;
	d->seq++;
	return answer(d, cookie, d->block);
}

static void fetch(struct drive *d)
{
	memset(d->block, 0, sizeof(d->block));
	d->filled = recv(d->frames, d->block, sizeof(d->block), MSG_DONTWAIT) > 0;
}

static bool serve(struct drive *d)
{
	enum { EMULATOR, FRAMES, STOP, N };
	struct pollfd p[N] = {
		[EMULATOR] = { .fd = d->outside.emulator, .events = POLLIN },
		[FRAMES] = { .fd = d->filled ? -1 : d->frames, .events = POLLIN },
		[STOP] = { .fd = d->outside.stop, .events = POLLIN },
	};
	int n = poll(p, N, LAST_FRAME_MS);

	if (p[STOP].revents || (!n && !d->filled && atomic_load(&d->link->stop)))
		return false;
	if (p[EMULATOR].revents && !take_request(d))
		return false;
	if (p[FRAMES].revents)
		fetch(d);
	return !d->filled || deliver(d);
}

static void *drive_loop(void *arg)
{
	struct drive *d = arg;
	struct pollfd p[] = {
		{ .fd = d->outside.listener, .events = POLLIN }, { .fd = d->outside.stop, .events = POLLIN },
	};

	poll(p, 2, -1);
	if (!p[1].revents && greet(d))
		while (serve(d))
			;
	if (d->outside.emulator >= 0)
		shutdown(d->outside.emulator, SHUT_RDWR);
	return NULL;
}

const char *drive_address(int device)
{
	return text("lurun-drive-%d-%d", (int)getpid(), device);
}

void drive_open(struct drive *d, struct sender *link)
{
	memset(d, 0, sizeof(*d));
	d->link = link;
	d->frames = fcntl(link->qemu_fd, F_DUPFD_CLOEXEC, 0);
	outside_open(&d->outside, drive_address(link->device), drive_loop, d);
}

void drive_close(struct drive *d)
{
	outside_close(&d->outside);
	close(d->frames);
}
