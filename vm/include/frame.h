/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbered frame, shared by the sender and receiver (runner), the ring scanner (testos) and
 * the Linux guest.
 *
 * A frame is an Ethernet frame of an experimental type, broadcast or addressed to its NIC. It names
 * the NIC it was meant for, its place in the sequence and the moment it was sent. The rest is a
 * pattern that follows from NIC and sequence number, so stale or foreign bytes in a receive buffer
 * cannot pass for a frame. The checksum covers every byte of the frame with the checksum
 * field read as zero.
 *
 * Invariants: all fields are little endian (both ends are x86); the sequence of each NIC
 * starts at 0 and has no gaps; len is the length of the whole frame without FCS.
 */
#ifndef VM_FRAME_H
#define VM_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAGIC	0x4d52464cu	/* "LFRM" */
#define FRAME_ETHERTYPE	0x88b5u
#define FRAME_LEN_MIN	64u
#define FRAME_LEN_MAX	1514u

struct frame {
	uint8_t dst[6];
	uint8_t src[6];
	uint16_t type_be;	/* FRAME_ETHERTYPE, network order */
	uint32_t magic;
	uint32_t nic;
	uint64_t seq;
	uint64_t tx_ns;		/* CLOCK_MONOTONIC of the runner when it was sent */
	uint32_t len;
	uint32_t crc32;
	uint8_t payload[];
} __attribute__((packed));

_Static_assert(sizeof(struct frame) == 46, "frame header layout");
_Static_assert(sizeof(struct frame) <= FRAME_LEN_MIN, "header fits the shortest frame");

enum frame_verdict {
	FRAME_OK,
	FRAME_NOT_OURS,		/* other magic, type or a length that cannot be */
	FRAME_BAD_SUM,		/* ours, but checksum or pattern differs */
};

static inline uint32_t frame_crc_step(uint32_t crc, const void *data, size_t len)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *p = data;

	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

/* crc32 of a frame of @len bytes, its own checksum field read as zero */
static inline uint32_t frame_sum(const struct frame *f, size_t len)
{
	const size_t at = offsetof(struct frame, crc32);
	const size_t end = at + sizeof(f->crc32);
	const uint8_t *b = (const uint8_t *)f;
	const uint32_t zero = 0;
	uint32_t crc = ~0u;

	crc = frame_crc_step(crc, b, at);
	crc = frame_crc_step(crc, &zero, sizeof(zero));
	return ~frame_crc_step(crc, b + end, len - end);
}

/* byte @i of the payload of frame @seq of @nic */
static inline uint8_t frame_pattern(uint32_t nic, uint64_t seq, size_t i)
{
	return (uint8_t)((seq + 1) * 167 + (seq >> 8) * 13 + nic * 59 + i * 31 + (i >> 8));
}

static inline unsigned int frame_clamp_len(unsigned int len)
{
	if (len < FRAME_LEN_MIN)
		return FRAME_LEN_MIN;
	return len > FRAME_LEN_MAX ? FRAME_LEN_MAX : len;
}

/* Build a frame of exactly frame_clamp_len(len) bytes in @buf; returns that length. */
static inline size_t frame_build(void *buf, uint32_t nic, uint64_t seq, uint64_t tx_ns,
				 unsigned int len)
{
	struct frame *f = buf;
	size_t i, n = frame_clamp_len(len);

	memset(f->dst, 0xff, sizeof(f->dst));
	memcpy(f->src, (const uint8_t []){ 0x02, 0, 0, 0, 0, (uint8_t)nic }, sizeof(f->src));
	f->type_be = __builtin_bswap16(FRAME_ETHERTYPE);
	f->magic = FRAME_MAGIC;
	f->nic = nic;
	f->seq = seq;
	f->tx_ns = tx_ns;
	f->len = n;
	f->crc32 = 0;
	for (i = 0; i < n - sizeof(*f); i++)
		f->payload[i] = frame_pattern(nic, seq, i);
	f->crc32 = frame_sum(f, n);
	return n;
}

/* The address of a NIC that shares its link: a byte of its own is the last one. */
#define FRAME_ADDRESS(nic)	{ 0x02, 0, 0, 0, 1, (uint8_t)(nic) }

/* Address the frame of @n bytes in @buf to its NIC, and no other. */
static inline void frame_address(void *buf, size_t n)
{
	struct frame *f = buf;

	memcpy(f->dst, (const uint8_t [])FRAME_ADDRESS(f->nic), sizeof(f->dst));
	f->crc32 = frame_sum(f, n);
}

/*
 * Judge the contents of a receive buffer of @room bytes. @room may exceed the frame (padding,
 * FCS); the length that counts is the one in the frame.
 */
static inline enum frame_verdict frame_check(const void *buf, size_t room)
{
	const struct frame *f = buf;
	size_t i, n;

	if (room < sizeof(*f) || f->magic != FRAME_MAGIC ||
	    f->type_be != __builtin_bswap16(FRAME_ETHERTYPE))
		return FRAME_NOT_OURS;
	n = f->len;
	if (n < FRAME_LEN_MIN || n > FRAME_LEN_MAX || n > room)
		return FRAME_NOT_OURS;
	if (frame_sum(f, n) != f->crc32)
		return FRAME_BAD_SUM;
	for (i = 0; i < n - sizeof(*f); i++)
		if (f->payload[i] != frame_pattern(f->nic, f->seq, i))
			return FRAME_BAD_SUM;
	return FRAME_OK;
}

/*
 * A receiver's counts, never corrected. A frame with a later number than the expected one makes the
 * numbers between missing; a frame with an earlier one is a duplicate or out of order.
 */
struct frame_counts {
	uint64_t received;	/* complete frames with the expected number or a later one */
	uint64_t next;		/* the expected number */
	uint64_t missing;	/* skipped numbers */
	uint64_t again;		/* frames with an earlier number */
	uint64_t bad;		/* incomplete frames */
};

static inline void frame_count(volatile struct frame_counts *c, const struct frame *f, size_t room)
{
	if (frame_check(f, room) != FRAME_OK) {
		c->bad++;
	} else if (f->seq < c->next) {
		c->again++;
	} else {
		c->missing += f->seq - c->next;
		c->next = f->seq + 1;
		c->received++;
	}
}

#endif /* VM_FRAME_H */
