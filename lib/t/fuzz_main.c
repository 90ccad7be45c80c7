// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * fuzz_main SECONDS [SEED]: call fuzz.c with a valid journal in which some bytes were changed,
 * and ranges copied, removed or doubled. Prints the seed, so that a failure can be reproduced.
 * "fuzz_main corpus FILE" writes the valid journal, for libFuzzer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "raw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

static uint64_t roll(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static void change_byte(struct raw *raw)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, 'a' };

	raw->bytes[roll(raw->n)] = roll(3) ? telling[roll(sizeof(telling))] : roll(256);
}

static void copy_range(struct raw *raw)
{
	size_t length = roll(raw->n < 300 ? raw->n : 300);

	memmove(raw->bytes + roll(raw->n - length), raw->bytes + roll(raw->n - length), length);
}

static void cut_range(struct raw *raw)
{
	size_t length = roll(raw->n < 200 ? raw->n : 200), at = roll(raw->n - length);

	memmove(raw->bytes + at, raw->bytes + at + length, raw->n - at - length);
	raw->n -= length;
}

static void double_range(struct raw *raw)
{
	size_t length = roll(raw->n < 400 ? raw->n : 400), at = roll(raw->n - length);

	if (raw->n + length > sizeof(raw->bytes))
		return;
	memmove(raw->bytes + at + length, raw->bytes + at, raw->n - at);
	raw->n += length;
}

static void mutate(struct raw *raw)
{
	static void (*const ways[])(struct raw *raw) = {
		change_byte, change_byte, change_byte, copy_range, cut_range, double_range,
	};
	uint64_t n = 1 + roll(6);

	while (n-- && raw->n > 40)
		ways[roll(sizeof(ways) / sizeof(ways[0]))](raw);
	/* Sometimes a larger number of records, so that the last ones are read too */
	if (!roll(3))
		raw->bytes[12] += roll(3);
}

static int write_corpus(const char *path)
{
	static struct raw raw;
	FILE *f = fopen(path, "wb");

	raw_sample(&raw);
	if (!f || fwrite(raw.bytes, raw.n, 1, f) != 1 || fclose(f)) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct raw good, raw;
	unsigned long n = 0;
	time_t end;

	if (argc == 3 && !strcmp(argv[1], "corpus"))
		return write_corpus(argv[2]);
	end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL) << 20 | 1;
	fprintf(stderr, "seed %llu\n", (unsigned long long)state);
	raw_sample(&good);
	for (; time(NULL) < end; n++) {
		raw = good;
		mutate(&raw);
		LLVMFuzzerTestOneInput(raw.bytes, raw.n);
	}
	fprintf(stderr, "%lu journals\n", n);
	return n ? 0 : 1;
}
