// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The journal is written as documented and read back unchanged. Optional records of a newer
 * library are kept, others refused. A damaged journal is refused, or means something else that is
 * valid; it is never misread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../vm.h"
#include "raw.h"
#include "tap.h"

static struct raw raw;

static struct iolu_vm *new_vm(void)
{
	struct iolu_vm *vm;

	if (iolu_vm_new("test", &vm))
		abort();
	vm->state = IOLU_INCOMING;
	return vm;
}

/* Read a copy of exactly that size, so that a sanitizer detects one byte too many. */
static int read_bytes(struct iolu_vm *vm, const void *bytes, size_t n)
{
	void *copy = malloc(n ? n : 1);
	int rc;

	memcpy(copy, bytes, n);
	rc = iolu_journal_read(vm, copy, n);
	free(copy);
	return rc;
}

static bool has_nothing(const struct iolu_vm *vm)
{
	unsigned int kind;

	for (kind = 0; kind < IOLU_KINDS; kind++)
		if (vm->objects[kind])
			return false;
	return !vm->unknown && !vm->nmaps;
}

/* Read the journal and write it again; NULL if it is refused. */
static void *rewritten(const void *bytes, size_t n, size_t *size)
{
	struct iolu_vm *vm = new_vm();
	void *again = NULL;

	if (!read_bytes(vm, bytes, n) && iolu_journal_write(vm, &again, size))
		abort();
	iolu_vm_free(vm);
	return again;
}

static bool same_when_rewritten(void)
{
	size_t size = 0;
	void *again = rewritten(raw.bytes, raw.n, &size);
	bool same = again && size == raw.n && !memcmp(again, raw.bytes, size);

	free(again);
	return same;
}

static void test_round_trip(void)
{
	struct iolu_vm *vm = new_vm();
	struct iolu_device *device;
	struct iolu_ioas *ioas;
	const void *data = NULL;
	size_t size = 0;

	raw_sample(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), 0, "a journal made by hand is read", vm->reason);
	ioas = iolu_find(vm, IOLU_IOAS, "guest");
	device = iolu_find(vm, IOLU_DEVICE, "0000:01:00.0");
	ok(ioas && ioas->maps && ioas->maps->offset == 0x1000 && ioas->maps->next &&
	   ioas->maps->next->iova == 0x100000000 && vm->nmaps == 3, "its maps are there", NULL);
	ok(device && device->hwpt && device->hwpt->ioas == ioas, "attachments are known", NULL);
	ok(device && device->bars && device->bars->ioas == ioas && device->bars->region == 2 &&
	   device->bars->iova == 0x30000000 && !device->bars->next, "mapped BARs", NULL);
	ok(iolu_vm_vectors(vm, "0000:01:00.0", IOLU_IRQ_MSIX) == 3, "and armed vectors", NULL);
	ok(!iolu_vm_blob(vm, "cpu0", &data, &size) && size == 10 &&
	   !memcmp(data, "rip=0x7c00", size), "and the blobs", NULL);
	ok(!strcmp(iolu_vm_next(vm, IOLU_MEMFD, "ram"), "ring") &&
	   !strcmp(iolu_vm_next(vm, IOLU_MEMFD, "ring"), "own") &&
	   !iolu_vm_next(vm, IOLU_MEMFD, "own"), "objects are in their order", NULL);
	ok(same_when_rewritten(), "it is written as documented, byte for byte", NULL);
	iolu_vm_free(vm);
}

static void test_unknown(void)
{
	struct iolu_vm *vm = new_vm();

	raw_sample(&raw);
	raw_record(&raw, 900, 1);
	raw_name(&raw, "of a newer library");
	raw_record(&raw, 901, 1);
	raw_end(&raw);
	ok(same_when_rewritten(), "unknown optional records are kept and written back",
	   NULL);
	raw_record(&raw, 902, 0);
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -ENOTSUP, "one that is not optional is refused",
	      vm->reason);
	ok(strstr(vm->reason, "type 902") && has_nothing(vm), "it is named, nothing is left",
	   vm->reason);
	raw_sample(&raw);
	raw_record(&raw, 900, 3);
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -ENOTSUP, "so is one with an unknown flag",
	      vm->reason);
	raw_sample(&raw);
	raw.bytes[8] = 2;
	raw_sum(raw.bytes, raw.n);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -ENOTSUP, "so is another version of the format",
	      vm->reason);
	iolu_vm_free(vm);
}

static void test_truncated(void)
{
	struct iolu_vm *vm = new_vm();
	size_t n, accepted = 0, fixed = 0;
	uint8_t *copy = malloc(sizeof(raw.bytes));

	raw_sample(&raw);
	for (n = 0; n < raw.n; n++) {
		accepted += read_bytes(vm, raw.bytes, n) != -EBADMSG;
		memcpy(copy, raw.bytes, n);
		if (n >= 32)
			raw_sum(copy, n);
		fixed += read_bytes(vm, copy, n) != -EBADMSG;
	}
	ok(!accepted, "truncated at any byte it is refused as damaged", NULL);
	ok(!fixed, "also with length and checksum corrected", NULL);
	ok(has_nothing(vm), "and nothing is left of it", NULL);
	free(copy);
	iolu_vm_free(vm);
}

/* A journal that is accepted can be written, and read back the same. */
static bool is_stable(const uint8_t *bytes, size_t n)
{
	size_t size = 0, size2 = 0;
	void *again = rewritten(bytes, n, &size), *twice;
	bool stable;

	if (!again)
		return true;
	twice = rewritten(again, size, &size2);
	stable = twice && size == size2 && !memcmp(again, twice, size);
	free(again);
	free(twice);
	return stable;
}

static void test_damaged(void)
{
	static const uint8_t damage[] = { 0x01, 0x80, 0xff };
	struct iolu_vm *vm = new_vm();
	size_t at, i, accepted = 0, unstable = 0;
	uint8_t *copy = malloc(sizeof(raw.bytes));

	raw_sample(&raw);
	for (at = 0; at < raw.n; at++) {
		for (i = 0; i < sizeof(damage); i++) {
			memcpy(copy, raw.bytes, raw.n);
			copy[at] ^= damage[i];
			accepted += read_bytes(vm, copy, raw.n) != -EBADMSG;
			raw_sum(copy, raw.n);
			unstable += !is_stable(copy, raw.n);
		}
	}
	ok(!accepted, "with any byte damaged it is refused as damaged", NULL);
	ok(!unstable, "with the checksum corrected it is refused, or accepted and stable", NULL);
	free(copy);
	iolu_vm_free(vm);
}

/* -- journals with a valid checksum and invalid contents -- */

static void with_memfd(void) { raw_memfd(&raw, "more", 9, 0x10000); }
static void map_beyond(void) { raw_map(&raw, "ram", 0x3ff000, 0, 0x2000, 3); }
static void map_wraps(void) { raw_map(&raw, "ram", 0, ~0ull, 2, 3); }
static void map_nothing(void) { raw_map(&raw, "ram", 0, 0, 0, 3); }
static void map_no_flags(void) { raw_map(&raw, "ram", 0, 0, 0x1000, 0); }
static void map_flags(void) { raw_map(&raw, "ram", 0, 0, 0x1000, 5); }
static void map_stranger(void) { raw_map(&raw, "rom", 0, 0, 0x1000, 1); }

static void maps_overlap(void)
{
	raw_ioas(&raw, "another");
	raw_map(&raw, "ram", 0, 0x1000, 0x2000, 1);
	raw_map(&raw, "ram", 0, 0x2000, 0x1000, 1);
}

static void maps_descend(void)
{
	raw_ioas(&raw, "another");
	raw_map(&raw, "ram", 0, 0x2000, 0x1000, 1);
	raw_map(&raw, "ram", 0, 0x1000, 0x1000, 1);
}

static void map_after_last(void)
{
	raw_ioas(&raw, "another");
	raw_map(&raw, "ram", 0, ~0xfffull, 0x1000, 1);
	raw_map(&raw, "ram", 0, 0, 0x1000, 1);
}

static void same_memfd(void) { raw_memfd(&raw, "ram", 9, 0x1000); }
static void same_token(void) { raw_memfd(&raw, "more", 1, 0x1000); }
static void own_token_twice(void) { raw_own_memfd(&raw, "more", 0x100, 0x1000); }
static void own_token_ours(void) { raw_own_memfd(&raw, "more", 0x696f6c7501000009ull, 0x1000); }
static void foreign_token(void) { raw_memfd(&raw, "more", 2 << 24, 0x1000); }
static void hwpt_stranger(void) { raw_hwpt(&raw, "more", "unknown", 6); }
static void device_stranger(void) { raw_device(&raw, "0000:03:00.0", "unknown", 7); }
static void device_no_bdf(void) { raw_device(&raw, "eth0", "table", 7); }
static void irq_unknown(void) { raw_irq(&raw, 3, 1); }
static void irq_none(void) { raw_irq(&raw, 1, 0); }
static void irq_many(void) { raw_irq(&raw, 1, 2049); }
static void irq_twice(void) { raw_irq(&raw, 1, 1); raw_irq(&raw, 1, 1); }
static void bar_stranger(void) { raw_bar(&raw, "unknown", 0, 3, 0, 0x1000); }
static void bar_number(void) { raw_bar(&raw, "guest", 6, 3, 0, 0x1000); }
static void bar_flags(void) { raw_bar(&raw, "guest", 0, 4, 0, 0x1000); }
static void bar_nothing(void) { raw_bar(&raw, "guest", 0, 3, 0, 0); }
static void bar_wraps(void) { raw_bar(&raw, "guest", 0, 3, ~0xfffull, 0x2000); }
static void same_blob(void) { raw_blob(&raw, "cpu0", "x"); }
static void no_name(void) { raw_ioas(&raw, ""); }
static void blank_name(void) { raw_ioas(&raw, "a b"); }
static void type_0(void) { raw_record(&raw, 0, 0); }

static void long_name(void)
{
	raw_ioas(&raw, "0123456789012345678901234567890123456789012345678901234567890123");
}

static void name_and_more(void)
{
	raw_ioas(&raw, "a");
	raw.bytes[raw.n - 1] = 'b';
}

static void record_long(void)
{
	raw_ioas(&raw, "a");
	raw_number(&raw, 0, 4);
}

static void record_short(void)
{
	raw_ioas(&raw, "a");
	raw.n -= 4;
}

static const struct {
	const char *what;
	void (*add)(void);
	int rc;
} nonsense[] = {
	{ "valid contents", with_memfd, 0 },
	{ "a map beyond the end of its memfd", map_beyond, -EBADMSG },
	{ "a map beyond the last address", map_wraps, -EBADMSG },
	{ "a map of nothing", map_nothing, -EBADMSG },
	{ "a map without flags", map_no_flags, -EBADMSG },
	{ "a map with an unknown flag", map_flags, -EBADMSG },
	{ "a map of an unknown memfd", map_stranger, -EBADMSG },
	{ "maps that overlap", maps_overlap, -EBADMSG },
	{ "maps that are not in order", maps_descend, -EBADMSG },
	{ "a map after one that ends with the last address", map_after_last, -EBADMSG },
	{ "two memfds of one name", same_memfd, -EBADMSG },
	{ "two memfds with one token", same_token, -EBADMSG },
	{ "a memfd with the token of another kind", foreign_token, -EBADMSG },
	{ "two memfds with one token of the VMM", own_token_twice, -EBADMSG },
	{ "a memfd of the VMM with a token of the library", own_token_ours, -EBADMSG },
	{ "an HWPT of an unknown IOAS", hwpt_stranger, -EBADMSG },
	{ "a device attached to an unknown HWPT", device_stranger, -EBADMSG },
	{ "a device without PCI address", device_no_bdf, -EBADMSG },
	{ "an unknown kind of interrupt", irq_unknown, -EBADMSG },
	{ "no vectors", irq_none, -EBADMSG },
	{ "too many vectors", irq_many, -EBADMSG },
	{ "one kind of interrupt twice", irq_twice, -EBADMSG },
	{ "a BAR in an unknown IOAS", bar_stranger, -EBADMSG },
	{ "a BAR that a device does not have", bar_number, -EBADMSG },
	{ "a BAR with an unknown flag", bar_flags, -EBADMSG },
	{ "nothing of a BAR", bar_nothing, -EBADMSG },
	{ "a BAR beyond the last address", bar_wraps, -EBADMSG },
	{ "two blobs of one name", same_blob, -EBADMSG },
	{ "an object without name", no_name, -EBADMSG },
	{ "a name with a blank", blank_name, -EBADMSG },
	{ "a name that does not end", long_name, -EBADMSG },
	{ "a name with something behind its end", name_and_more, -EBADMSG },
	{ "a record that is too long", record_long, -EBADMSG },
	{ "a record that is too short", record_short, -EBADMSG },
	{ "a record of type 0", type_0, -ENOTSUP },
};

static void test_nonsense(void)
{
	char fact[120];
	size_t i;

	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct iolu_vm *vm = new_vm();

		raw_sample(&raw);
		nonsense[i].add();
		raw_end(&raw);
		snprintf(fact, sizeof(fact), "valid checksum, %s", nonsense[i].what);
		ok_rc(read_bytes(vm, raw.bytes, raw.n), nonsense[i].rc, fact, vm->reason);
		iolu_vm_free(vm);
	}
}

static void test_counts(void)
{
	struct iolu_vm *vm = new_vm();

	raw_begin(&raw);
	raw_map(&raw, "ram", 0, 0, 0x1000, 3);
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -EBADMSG, "a map before any IOAS", vm->reason);
	raw_begin(&raw);
	raw_irq(&raw, 0, 1);
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -EBADMSG, "interrupts before any device",
	      vm->reason);
	raw_sample(&raw);
	raw.records++;
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -EBADMSG, "fewer records than the header counts", vm->reason);
	raw_sample(&raw);
	raw.records--;
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), -EBADMSG, "more records than the header counts", vm->reason);
	raw_begin(&raw);
	raw_end(&raw);
	ok_rc(read_bytes(vm, raw.bytes, raw.n), 0, "a journal of nothing", vm->reason);
	iolu_vm_free(vm);
}

int main(void)
{
	test_round_trip();
	test_unknown();
	test_truncated();
	test_damaged();
	test_nonsense();
	test_counts();
	return plan();
}
