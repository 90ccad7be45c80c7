// SPDX-License-Identifier: GPL-2.0

/*
 * Invalid handover records
 *
 * Records are damaged in each field, and in thousands of ways at random. None may be
 * accepted, and the error must identify the fault, because a bug report contains
 * nothing else.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/kho_record.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "kho_record_priv.h"

#define TEST_TYPE	KHO_RECORD_TYPE('T', 'E', 'S', 'T')
#define TEST_VERSION	3
#define TEST_PAYLOAD	200
#define TEST_ROUNDS	20000

struct test_ser {
	struct kho_record_ser hdr;
	u8 payload[TEST_PAYLOAD];
} __packed;

static void test_fill(struct test_ser *ser)
{
	memset(ser, 0, sizeof(*ser));
	ser->hdr.type = TEST_TYPE;
	ser->hdr.version = TEST_VERSION;
	ser->hdr.size = sizeof(*ser);
	ser->hdr.self = virt_to_phys(ser);
	memset(ser->payload, 0xa5, sizeof(ser->payload));
	kho_record_seal(ser);
}

static int test_check(struct test_ser *ser)
{
	return kho_record_check(&ser->hdr, virt_to_phys(ser), TEST_TYPE, TEST_VERSION,
				sizeof(*ser));
}

static struct test_ser *test_record(struct kunit *test)
{
	struct test_ser *ser = kunit_kmalloc(test, sizeof(*ser), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ser);
	test_fill(ser);
	return ser;
}

static void good_record(struct kunit *test)
{
	struct test_ser *ser = test_record(test);

	KUNIT_EXPECT_EQ(test, test_check(ser), 0);
	ser->payload[0]++;
	kho_record_seal(ser);
	KUNIT_EXPECT_EQ(test, test_check(ser), 0);
}

/* Each bit of a record, one at a time */
static void flipped_bit(struct kunit *test)
{
	struct test_ser *ser = test_record(test);
	unsigned int bit;

	for (bit = 0; bit < 8 * sizeof(*ser); bit++) {
		u8 *byte = (u8 *)ser + bit / 8;

		*byte ^= 1 << bit % 8;
		KUNIT_EXPECT_NE_MSG(test, test_check(ser), 0, "bit %u is not missed", bit);
		*byte ^= 1 << bit % 8;
	}
	KUNIT_EXPECT_EQ(test, test_check(ser), 0);
}

/* Up to 64 bytes overwritten, at a random place, with random values */
static void random_damage(struct kunit *test)
{
	struct test_ser *ser = test_record(test);
	unsigned int round, at, len;
	struct test_ser before;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 7304);
	before = *ser;
	for (round = 0; round < TEST_ROUNDS; round++) {
		at = prandom_u32_state(&rnd) % sizeof(*ser);
		len = min(1 + prandom_u32_state(&rnd) % 64, sizeof(*ser) - at);
		prandom_bytes_state(&rnd, (u8 *)ser + at, len);
		if (memcmp(ser, &before, sizeof(before)))
			KUNIT_EXPECT_NE_MSG(test, test_check(ser), 0,
					    "round %u: %u bytes at %u", round, len, at);
		*ser = before;
	}
}

/* Sealed after the damage, as another version of this code would */
static void other_header(struct kunit *test)
{
	static const struct {
		const char *what;
		unsigned int at;
		u32 flip;
		int error;
	} damage[] = {
		{ "type", offsetof(struct kho_record_ser, type), 0x20, -ENOMSG },
		{ "version", offsetof(struct kho_record_ser, version), 1, -EPROTO },
		{ "reserved", offsetof(struct kho_record_ser, reserved), 0x8000, -EPROTO },
		{ "shorter", offsetof(struct kho_record_ser, size), 0x20, -EPROTO },
		{ "self", offsetof(struct kho_record_ser, self), 0x1000, -ENOMSG },
	};
	struct test_ser *ser = test_record(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(damage); i++) {
		*((u8 *)ser + damage[i].at) ^= damage[i].flip;
		*((u8 *)ser + damage[i].at + 1) ^= damage[i].flip >> 8;
		kho_record_seal(ser);
		KUNIT_EXPECT_EQ_MSG(test, test_check(ser), damage[i].error, "%s",
				    damage[i].what);
		test_fill(ser);
	}
}

/* A length is compared before use: no read exceeds the record */
static void huge_size(struct kunit *test)
{
	struct test_ser *ser = test_record(test);

	ser->hdr.size = U32_MAX;
	KUNIT_EXPECT_EQ(test, test_check(ser), -EPROTO);
	ser->hdr.size = 0;
	KUNIT_EXPECT_EQ(test, test_check(ser), -EPROTO);
}

/* Without an update KHO preserved no memory at any address */
static void wild_address(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int round;
	u64 phys;

	prandom_seed_state(&rnd, 7304);
	for (round = 0; round < TEST_ROUNDS; round++) {
		phys = (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);
		phys >>= prandom_u32_state(&rnd) % 64;
		KUNIT_EXPECT_EQ(test, PTR_ERR(kho_record_get(phys, TEST_TYPE, TEST_VERSION,
							     sizeof(struct test_ser))),
				-EFAULT);
	}
}

/* Stands for a record; an index never looks into one */
static void *test_slot(unsigned int n)
{
	return __va((u64)n << PAGE_SHIFT);
}

static unsigned int count_slots(const struct kho_record_index_ser *index)
{
	unsigned int nr = 0;
	u32 id = 0;

	while (kho_record_index_next(index, &id))
		nr++;
	return nr;
}

/* An index grows beyond a page, keeps ids, uses free slots again and shrinks */
static void growing_index(struct kunit *test)
{
	const unsigned int nr = 2 * KHO_RECORD_INDEX_SLOTS + 10;
	struct kho_record_index_ser *index = kho_record_index_alloc(TEST_TYPE);
	int *id = kunit_kcalloc(test, nr, sizeof(*id), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, id);
	KUNIT_ASSERT_FALSE(test, IS_ERR(index));
	for (i = 0; i < nr; i++) {
		id[i] = kho_record_index_add(index, test_slot(i + 1));
		KUNIT_ASSERT_GT(test, id[i], i ? id[i - 1] : 0);
	}
	KUNIT_EXPECT_EQ(test, count_slots(index), nr);
	KUNIT_EXPECT_EQ(test, kho_record_index_slot(index, id[nr - 1]), (u64)nr << PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, kho_record_index_slot(index, 0), 0);
	KUNIT_EXPECT_EQ(test, kho_record_index_slot(index, KHO_RECORD_INDEX_SLOTS), 0);
	KUNIT_EXPECT_EQ(test, kho_record_index_slot(index, U32_MAX), 0);

	kho_record_index_del(index, test_slot(5));
	KUNIT_EXPECT_EQ(test, kho_record_index_add(index, test_slot(5)), id[4]);
	for (i = 0; i < nr; i++)
		kho_record_index_del(index, test_slot(i + 1));
	KUNIT_EXPECT_EQ(test, count_slots(index), 0);
	KUNIT_EXPECT_EQ(test, index->slots[0], 0);
	kho_record_index_free(index);
}

static struct kunit_case kho_record_cases[] = {
	KUNIT_CASE(good_record),
	KUNIT_CASE(flipped_bit),
	KUNIT_CASE(random_damage),
	KUNIT_CASE(other_header),
	KUNIT_CASE(huge_size),
	KUNIT_CASE(wild_address),
	KUNIT_CASE(growing_index),
	{}
};

static struct kunit_suite kho_record_suite = {
	.name = "kho_record",
	.test_cases = kho_record_cases,
};

kunit_test_suite(kho_record_suite);
