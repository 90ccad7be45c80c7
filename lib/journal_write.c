// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Write the journal. Its format is in docs/journal.md, the numbers are in journal.h.
 *
 * A first pass writes nothing and counts bytes, so that each field has one place in the code.
 * Unknown records from a newer library are written last, unchanged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "journal.h"
#include "vm.h"

struct out {
	uint8_t *at;		/* NULL: only count */
	size_t n;
	uint32_t records;
};

static void put(struct out *out, const void *data, size_t size)
{
	if (out->at && size)
		memcpy(out->at + out->n, data, size);
	out->n += size;
}

static void put_number(struct out *out, uint64_t value, unsigned int bytes)
{
	uint8_t byte;

	for (; bytes; bytes--, value >>= 8) {
		byte = value;
		put(out, &byte, 1);
	}
}

static void put_name(struct out *out, const struct iolu_object *o)
{
	uint8_t field[IOLU_NAME] = {};

	if (o)
		memcpy(field, o->name, strlen(o->name));
	put(out, field, sizeof(field));
}

static void put_record(struct out *out, unsigned int type, unsigned int flags, uint32_t size)
{
	put_number(out, type, 2);
	put_number(out, flags, 2);
	put_number(out, size, 4);
	out->records++;
}

static void put_memfd(struct out *out, const struct iolu_memfd *memfd)
{
	put_record(out, memfd->object.imported ? JOURNAL_OWN_MEMFD : JOURNAL_MEMFD, 0,
		   JOURNAL_MEMFD_SIZE);
	put_name(out, &memfd->object);
	put_number(out, memfd->object.token, 8);
	put_number(out, memfd->size, 8);
}

static void put_map(struct out *out, const struct iolu_map *map)
{
	put_record(out, JOURNAL_MAP, 0, JOURNAL_MAP_SIZE);
	put_name(out, &map->memfd->object);
	put_number(out, map->offset, 8);
	put_number(out, map->iova, 8);
	put_number(out, map->length, 8);
	put_number(out, map->flags, 4);
}

static void put_ioas(struct out *out, const struct iolu_ioas *ioas)
{
	const struct iolu_map *map;

	put_record(out, JOURNAL_IOAS, 0, JOURNAL_IOAS_SIZE);
	put_name(out, &ioas->object);
	for (map = ioas->maps; map; map = map->next)
		put_map(out, map);
}

static void put_hwpt(struct out *out, const struct iolu_hwpt *hwpt)
{
	put_record(out, JOURNAL_HWPT, 0, JOURNAL_HWPT_SIZE);
	put_name(out, &hwpt->object);
	put_name(out, &hwpt->ioas->object);
	put_number(out, hwpt->object.token, 8);
}

static void put_bar(struct out *out, const struct iolu_bar *bar)
{
	put_record(out, JOURNAL_BAR, 0, JOURNAL_BAR_SIZE);
	put_name(out, &bar->ioas->object);
	put_number(out, bar->region, 4);
	put_number(out, bar->flags, 4);
	put_number(out, bar->offset, 8);
	put_number(out, bar->iova, 8);
	put_number(out, bar->length, 8);
}

static void put_device(struct out *out, const struct iolu_device *device)
{
	const struct iolu_bar *bar;
	unsigned int i;

	put_record(out, JOURNAL_DEVICE, 0, JOURNAL_DEVICE_SIZE);
	put_name(out, &device->object);
	put_name(out, device->hwpt ? &device->hwpt->object : NULL);
	put_number(out, device->object.token, 8);
	for (i = 0; i < IOLU_IRQS; i++) {
		if (!device->irq[i].count)
			continue;
		put_record(out, JOURNAL_IRQ, 0, JOURNAL_IRQ_SIZE);
		put_number(out, i, 4);
		put_number(out, device->irq[i].count, 4);
		if (!device->irq[i].kept)
			continue;
		put_record(out, JOURNAL_IRQ_KEPT, 0, JOURNAL_IRQ_KEPT_SIZE);
		put_number(out, i, 4);
	}
	for (bar = device->bars; bar; bar = bar->next)
		put_bar(out, bar);
}

static void put_blob(struct out *out, const struct iolu_blob *blob)
{
	put_record(out, JOURNAL_BLOB, 0, IOLU_NAME + blob->size);
	put_name(out, &blob->object);
	put(out, blob->data, blob->size);
}

static void put_unknown(struct out *out, const struct iolu_unknown *unknown)
{
	put_record(out, unknown->type, JOURNAL_MAY_SKIP, unknown->size);
	put(out, unknown->data, unknown->size);
}

static void put_records(struct out *out, const struct iolu_vm *vm)
{
	const struct iolu_unknown *unknown;
	const struct iolu_memfd *memfd;
	const struct iolu_ioas *ioas;
	const struct iolu_hwpt *hwpt;
	const struct iolu_device *device;
	const struct iolu_blob *blob;

	iolu_for_each(vm, IOLU_MEMFD, memfd)
		put_memfd(out, memfd);
	iolu_for_each(vm, IOLU_IOAS, ioas)
		put_ioas(out, ioas);
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		put_hwpt(out, hwpt);
	iolu_for_each(vm, IOLU_DEVICE, device)
		put_device(out, device);
	iolu_for_each(vm, IOLU_BLOB, blob)
		put_blob(out, blob);
	for (unknown = vm->unknown; unknown; unknown = unknown->next)
		put_unknown(out, unknown);
}

static void put_header(struct out *out, size_t size, uint32_t records)
{
	put(out, JOURNAL_MAGIC, JOURNAL_MAGIC_SIZE);
	put_number(out, JOURNAL_VERSION, 4);
	put_number(out, records, 4);
	put_number(out, size, 8);
	put_number(out, 0, 4);
	put_number(out, 0, 4);
}

/* The caller frees *bytes. */
int iolu_journal_write(struct iolu_vm *vm, void **bytes, size_t *size)
{
	struct out out = { .n = JOURNAL_HEADER_SIZE }, header = {}, sum = {};

	put_records(&out, vm);
	if (out.n > JOURNAL_MAX_SIZE)
		return iolu_fail(vm, -E2BIG, "the journal would have %zu bytes, %u at most: keep "
				 "large data in a memfd", out.n, JOURNAL_MAX_SIZE);
	*size = out.n;
	*bytes = malloc(out.n);
	if (!*bytes)
		return iolu_fail(vm, -ENOMEM, "no memory for a journal of %zu bytes", out.n);
	out = (struct out){ .at = *bytes, .n = JOURNAL_HEADER_SIZE };
	put_records(&out, vm);
	header.at = *bytes;
	put_header(&header, *size, out.records);
	sum.at = (uint8_t *)*bytes + JOURNAL_CRC_AT;
	put_number(&sum, crc32_z(0, *bytes, *size), 4);
	return 0;
}
