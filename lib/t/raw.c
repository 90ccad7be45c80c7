// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See raw.h. */
#include <string.h>
#include <zlib.h>

#include "raw.h"

#define HEADER	32
#define TOKEN	0x696f6c7500000000ull

static void poke(uint8_t *at, uint64_t value, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		at[i] = value >> (8 * i);
}

void raw_begin(struct raw *raw)
{
	memset(raw, 0, sizeof(*raw));
	memcpy(raw->bytes, "iolujrnl", 8);
	poke(raw->bytes + 8, 1, 4);
	raw->n = HEADER;
}

static void close_record(struct raw *raw)
{
	if (raw->record)
		poke(raw->bytes + raw->record + 4, raw->n - raw->record - 8, 4);
	raw->record = 0;
}

void raw_record(struct raw *raw, unsigned int type, unsigned int flags)
{
	close_record(raw);
	raw->record = raw->n;
	raw_number(raw, type, 2);
	raw_number(raw, flags, 2);
	raw_number(raw, 0, 4);
	raw->records++;
}

void raw_name(struct raw *raw, const char *name)
{
	memcpy(raw->bytes + raw->n, name, strlen(name));
	raw->n += 64;
}

void raw_number(struct raw *raw, uint64_t value, unsigned int bytes)
{
	poke(raw->bytes + raw->n, value, bytes);
	raw->n += bytes;
}

void raw_sum(uint8_t *bytes, size_t n)
{
	poke(bytes + 16, n, 8);
	poke(bytes + 24, 0, 4);
	poke(bytes + 24, crc32(0, bytes, n), 4);
}

void raw_end(struct raw *raw)
{
	close_record(raw);
	poke(raw->bytes + 12, raw->records, 4);
	raw_sum(raw->bytes, raw->n);
}

void raw_memfd(struct raw *raw, const char *name, uint64_t n, uint64_t size)
{
	raw_record(raw, 1, 0);
	raw_name(raw, name);
	raw_number(raw, TOKEN | 1 << 24 | n, 8);
	raw_number(raw, size, 8);
}

/* A memfd with a token of the VMM */
void raw_own_memfd(struct raw *raw, const char *name, uint64_t token, uint64_t size)
{
	raw_record(raw, 8, 0);
	raw_name(raw, name);
	raw_number(raw, token, 8);
	raw_number(raw, size, 8);
}

void raw_ioas(struct raw *raw, const char *name)
{
	raw_record(raw, 2, 0);
	raw_name(raw, name);
}

void raw_map(struct raw *raw, const char *memfd, uint64_t offset, uint64_t iova, uint64_t length,
	     uint32_t flags)
{
	raw_record(raw, 3, 0);
	raw_name(raw, memfd);
	raw_number(raw, offset, 8);
	raw_number(raw, iova, 8);
	raw_number(raw, length, 8);
	raw_number(raw, flags, 4);
}

void raw_hwpt(struct raw *raw, const char *name, const char *ioas, uint64_t n)
{
	raw_record(raw, 4, 0);
	raw_name(raw, name);
	raw_name(raw, ioas);
	raw_number(raw, TOKEN | 3 << 24 | n, 8);
}

void raw_device(struct raw *raw, const char *bdf, const char *hwpt, uint64_t n)
{
	raw_record(raw, 5, 0);
	raw_name(raw, bdf);
	raw_name(raw, hwpt);
	raw_number(raw, TOKEN | 4 << 24 | n, 8);
}

void raw_irq(struct raw *raw, uint32_t irq, uint32_t count)
{
	raw_record(raw, 6, 0);
	raw_number(raw, irq, 4);
	raw_number(raw, count, 4);
}

void raw_bar(struct raw *raw, const char *ioas, uint32_t bar, uint32_t flags, uint64_t iova,
	     uint64_t length)
{
	raw_record(raw, 10, 0);
	raw_name(raw, ioas);
	raw_number(raw, bar, 4);
	raw_number(raw, flags, 4);
	raw_number(raw, 0x1000, 8);
	raw_number(raw, iova, 8);
	raw_number(raw, length, 8);
}

void raw_blob(struct raw *raw, const char *name, const char *text)
{
	raw_record(raw, 7, 0);
	raw_name(raw, name);
	memcpy(raw->bytes + raw->n, text, strlen(text));
	raw->n += strlen(text);
}

void raw_sample(struct raw *raw)
{
	raw_begin(raw);
	raw_memfd(raw, "ram", 0, 0x400000);
	raw_memfd(raw, "ring", 1, 0x200000);
	raw_own_memfd(raw, "own", 0x100, 0x100000);
	raw_ioas(raw, "guest");
	raw_map(raw, "ring", 0x1000, 0x20000000, 0x100000, 3);
	raw_map(raw, "ram", 0, 0x100000000, 0x400000, 3);
	raw_map(raw, "ram", 0, 0xfffffffffffff000, 0x1000, 1);
	raw_ioas(raw, "empty");
	raw_hwpt(raw, "table", "guest", 5);
	raw_device(raw, "0000:01:00.0", "table", 0);
	raw_irq(raw, 2, 3);
	raw_bar(raw, "guest", 2, 3, 0x30000000, 0x4000);
	raw_device(raw, "0000:02:1f.7", "", 1);
	raw_blob(raw, "cpu0", "rip=0x7c00");
	raw_blob(raw, "nothing", "");
	raw_end(raw);
}
