// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Read the journal. Its format is in docs/journal.md, the numbers are in journal.h.
 *
 * The reader uses only the bytes that it is given and the lists of the handle. It trusts no
 * field: the checksum detects damage, not invalid contents. An accepted journal is complete and
 * consistent, so that the rest of the library does not check again: each name is valid and each
 * reference resolves; mappings ascend, do not overlap and lie within their memfds; tokens belong
 * to the library and are unique.
 *
 * After a failure the handle has no objects.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "journal.h"
#include "vm.h"

/* The bytes of one record; ok is false after a field that is missing or invalid. */
struct in {
	const uint8_t *at;
	size_t left;
	bool ok;
};

struct reader {
	struct iolu_vm *vm;
	struct iolu_ioas *ioas;		/* of the mappings that follow */
	struct iolu_map **last;
	struct iolu_device *device;	/* of the interrupts that follow */
	uint32_t number;
};

static const uint8_t *take(struct in *in, size_t size)
{
	const uint8_t *at = in->at;

	if (size > in->left) {
		in->ok = false;
		return NULL;
	}
	in->at += size;
	in->left -= size;
	return at;
}

static uint64_t take_number(struct in *in, unsigned int bytes)
{
	const uint8_t *at = take(in, bytes);
	uint64_t value = 0;

	while (at && bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static void take_name(struct in *in, char name[IOLU_NAME], bool may_be_empty)
{
	const uint8_t *at = take(in, IOLU_NAME);
	size_t i, length;

	name[0] = '\0';
	if (!at)
		return;
	length = strnlen((const char *)at, IOLU_NAME);
	for (i = length; i < IOLU_NAME; i++)
		in->ok &= !at[i];
	if (!length && may_be_empty)
		return;
	if (!iolu_name_valid((const char *)at, length))
		in->ok = false;
	else
		memcpy(name, at, length + 1);
}

static int invalid(struct reader *r, const char *why)
{
	return iolu_fail(r->vm, -EBADMSG, "the journal is damaged: record %u: %s", r->number,
			 why);
}

/* A token of the library, for this kind, that no other object has */
static bool token_valid(const struct iolu_vm *vm, unsigned int kind, uint64_t token)
{
	return (token & ~IOLU_TOKEN_NUMBER) == IOLU_TOKEN(kind, 0) &&
	       !iolu_find_token(vm, kind, token);
}

static bool own_token_valid(const struct iolu_vm *vm, uint64_t token)
{
	return (token & IOLU_TOKEN_OWNER) != IOLU_TOKEN_JOURNAL &&
	       !iolu_find_token(vm, IOLU_MEMFD, token);
}

static int read_any_memfd(struct reader *r, struct in *in, bool imported)
{
	struct iolu_memfd *memfd;
	uint64_t token, size;
	char name[IOLU_NAME];
	int rc;

	take_name(in, name, false);
	token = take_number(in, 8);
	size = take_number(in, 8);
	if (!in->ok || !(imported ? own_token_valid(r->vm, token) :
			 token_valid(r->vm, IOLU_MEMFD, token)))
		return invalid(r, "invalid memfd");
	rc = iolu_make_memfd(r->vm, name, &memfd);
	if (rc)
		return rc;
	memfd->object.imported = imported;
	memfd->object.token = token;
	memfd->size = size;
	return 0;
}

static int read_memfd(struct reader *r, struct in *in)
{
	return read_any_memfd(r, in, false);
}

static int read_own_memfd(struct reader *r, struct in *in)
{
	return read_any_memfd(r, in, true);
}

static int read_ioas(struct reader *r, struct in *in)
{
	char name[IOLU_NAME];
	int rc;

	take_name(in, name, false);
	if (!in->ok)
		return invalid(r, "invalid IOAS");
	rc = iolu_make_ioas(r->vm, name, &r->ioas);
	if (!rc)
		r->last = &r->ioas->maps;
	return rc;
}

static bool map_valid(const struct iolu_map *map, uint64_t from)
{
	if (!map->memfd || !map->length || map->iova < from)
		return false;
	if (!map->flags || map->flags & ~(IOLU_MAP_READ | IOLU_MAP_WRITE))
		return false;
	return map->iova + (map->length - 1) >= map->iova && map->offset <= map->memfd->size &&
	       map->length <= map->memfd->size - map->offset;
}

static int append_map(struct reader *r, const struct iolu_map *map)
{
	struct iolu_map *new;

	if (r->vm->nmaps == IOLU_MAX_MAPS)
		return invalid(r, "too many mappings");
	new = malloc(sizeof(*new));
	if (!new)
		return iolu_fail(r->vm, -ENOMEM, "no memory for the mappings of the journal");
	*new = *map;
	if (*r->last)
		r->last = &(*r->last)->next;
	*r->last = new;
	r->vm->nmaps++;
	return 0;
}

static int read_map(struct reader *r, struct in *in)
{
	const struct iolu_map *before;
	struct iolu_map map = {};
	char name[IOLU_NAME];
	uint64_t from = 0;

	take_name(in, name, false);
	map.memfd = iolu_find(r->vm, IOLU_MEMFD, name);
	map.offset = take_number(in, 8);
	map.iova = take_number(in, 8);
	map.length = take_number(in, 8);
	map.flags = take_number(in, 4);
	if (!r->ioas || !in->ok)
		return invalid(r, "mapping without an IOAS, or invalid");
	before = *r->last;
	if (before) {
		from = before->iova + before->length;
		if (!from)
			return invalid(r, "mapping after the last address");
	}
	if (!map_valid(&map, from))
		return invalid(r, "mapping of an unknown memfd, or overlapping another mapping");
	return append_map(r, &map);
}

static int read_hwpt(struct reader *r, struct in *in)
{
	char name[IOLU_NAME], ioas_name[IOLU_NAME];
	struct iolu_ioas *ioas;
	struct iolu_hwpt *hwpt;
	uint64_t token;
	int rc;

	take_name(in, name, false);
	take_name(in, ioas_name, false);
	token = take_number(in, 8);
	ioas = iolu_find(r->vm, IOLU_IOAS, ioas_name);
	if (!in->ok || !ioas || !token_valid(r->vm, IOLU_HWPT, token))
		return invalid(r, "invalid HWPT");
	rc = iolu_make_hwpt(r->vm, name, &hwpt);
	if (rc)
		return rc;
	hwpt->ioas = ioas;
	hwpt->object.token = token;
	return 0;
}

static int read_device(struct reader *r, struct in *in)
{
	char name[IOLU_NAME], hwpt_name[IOLU_NAME];
	struct iolu_hwpt *hwpt;
	uint64_t token;
	int rc;

	take_name(in, name, false);
	take_name(in, hwpt_name, true);
	token = take_number(in, 8);
	hwpt = iolu_find(r->vm, IOLU_HWPT, hwpt_name);
	if (!in->ok || !iolu_bdf_valid(name) || (*hwpt_name && !hwpt) ||
	    !token_valid(r->vm, IOLU_DEVICE, token))
		return invalid(r, "invalid device");
	rc = iolu_make_device(r->vm, name, &r->device);
	if (rc)
		return rc;
	r->device->hwpt = hwpt;
	r->device->object.token = token;
	return 0;
}

static int read_irq(struct reader *r, struct in *in)
{
	uint32_t irq = take_number(in, 4), count = take_number(in, 4);

	if (!r->device || !in->ok || irq >= IOLU_IRQS || !count || count > IOLU_MAX_VECTORS ||
	    r->device->irq[irq].count)
		return invalid(r, "interrupts without a device, or invalid");
	r->device->irq[irq].count = count;
	return 0;
}

static int read_irq_kept(struct reader *r, struct in *in)
{
	uint32_t irq = take_number(in, 4);

	if (!r->device || !in->ok || irq >= IOLU_IRQS || !r->device->irq[irq].count ||
	    r->device->irq[irq].kept)
		return invalid(r, "masked interrupts that are not armed, or invalid");
	r->device->irq[irq].kept = true;
	return 0;
}

static int read_bar(struct reader *r, struct in *in)
{
	struct iolu_bar bar = {};
	char name[IOLU_NAME];

	take_name(in, name, false);
	bar.ioas = iolu_find(r->vm, IOLU_IOAS, name);
	bar.region = take_number(in, 4);
	bar.flags = take_number(in, 4);
	bar.offset = take_number(in, 8);
	bar.iova = take_number(in, 8);
	bar.length = take_number(in, 8);
	if (!r->device || !in->ok || !iolu_bar_valid(&bar))
		return invalid(r, "BAR without a device, or invalid");
	return iolu_add_bar(r->vm, r->device, &bar);
}

static int read_blob(struct reader *r, struct in *in)
{
	char name[IOLU_NAME];
	size_t size;

	take_name(in, name, false);
	size = in->left;
	if (!in->ok || iolu_find(r->vm, IOLU_BLOB, name))
		return invalid(r, "invalid blob");
	return iolu_vm_set_blob(r->vm, name, take(in, size), size);
}

static int keep_unknown(struct reader *r, unsigned int type, struct in *in)
{
	struct iolu_unknown **last = &r->vm->unknown, *new;
	unsigned int n;

	for (n = 0; *last; n++)
		last = &(*last)->next;
	if (n == IOLU_MAX_OBJECTS)
		return invalid(r, "too many records of unknown types");
	new = malloc(sizeof(*new) + in->left);
	if (!new)
		return iolu_fail(r->vm, -ENOMEM, "no memory for the journal");
	new->next = NULL;
	new->type = type;
	new->size = in->left;
	memcpy(new->data, in->at, new->size);
	take(in, in->left);
	*last = new;
	return 0;
}

static int read_known(struct reader *r, unsigned int type, struct in *in)
{
	static int (*const read[])(struct reader *r, struct in *in) = {
		[JOURNAL_MEMFD] = read_memfd, [JOURNAL_IOAS] = read_ioas,
		[JOURNAL_MAP] = read_map, [JOURNAL_HWPT] = read_hwpt,
		[JOURNAL_DEVICE] = read_device, [JOURNAL_IRQ] = read_irq,
		[JOURNAL_BLOB] = read_blob, [JOURNAL_OWN_MEMFD] = read_own_memfd,
		[JOURNAL_IRQ_KEPT] = read_irq_kept, [JOURNAL_BAR] = read_bar,
	};
	int rc;

	if (type && type < sizeof(read) / sizeof(read[0])) {
		rc = read[type](r, in);
		if (rc == -EEXIST)
			return invalid(r, "a name that is used twice");
		return rc || !in->left ? rc : invalid(r, "longer than its type allows");
	}
	return iolu_fail(r->vm, -ENOTSUP, "the journal needs a newer library: record %u has the "
			 "unknown type %u", r->number, type);
}

static int read_record(struct reader *r, struct in *in)
{
	unsigned int type = take_number(in, 2), flags = take_number(in, 2);
	struct in record = { .left = take_number(in, 4), .ok = true };

	record.at = take(in, record.left);
	if (!in->ok)
		return invalid(r, "longer than the journal");
	if (flags & ~JOURNAL_MAY_SKIP)
		return iolu_fail(r->vm, -ENOTSUP, "the journal needs a newer library: record %u has "
				 "unknown flags 0x%x", r->number, flags);
	if (flags && type > JOURNAL_BAR)
		return keep_unknown(r, type, &record);
	return read_known(r, type, &record);
}

static int read_header(struct iolu_vm *vm, struct in *in, uint32_t *records)
{
	static const uint8_t no_crc[4];
	const uint8_t *start = in->at, *magic;
	size_t size = in->left;
	uint32_t version, sum;

	if (size < JOURNAL_HEADER_SIZE || size > JOURNAL_MAX_SIZE)
		return iolu_fail(vm, -EBADMSG, "%zu bytes are not a valid size of a journal", size);
	magic = take(in, JOURNAL_MAGIC_SIZE);
	if (memcmp(magic, JOURNAL_MAGIC, JOURNAL_MAGIC_SIZE))
		return iolu_fail(vm, -EBADMSG, "not a journal of libiolu");
	sum = crc32_z(0, start, JOURNAL_CRC_AT);
	sum = crc32_z(sum, no_crc, sizeof(no_crc));
	sum = crc32_z(sum, start + JOURNAL_CRC_AT + 4, size - JOURNAL_CRC_AT - 4);
	version = take_number(in, 4);
	*records = take_number(in, 4);
	if (take_number(in, 8) != size || take_number(in, 4) != sum)
		return iolu_fail(vm, -EBADMSG, "the journal is damaged: wrong length or checksum");
	if (version != JOURNAL_VERSION || take_number(in, 4))
		return iolu_fail(vm, -ENOTSUP, "the journal has version %u, this library reads "
				 "version %u", version, JOURNAL_VERSION);
	return 0;
}

int iolu_journal_read(struct iolu_vm *vm, const void *bytes, size_t size)
{
	struct in in = { .at = bytes, .left = size, .ok = true };
	struct reader r = { .vm = vm };
	uint32_t records = 0;
	int rc = read_header(vm, &in, &records);

	for (r.number = 1; !rc && r.number <= records; r.number++)
		rc = read_record(&r, &in);
	if (!rc && in.left)
		rc = invalid(&r, "data after the last record");
	if (rc)
		iolu_drop_all(vm);
	return rc;
}
