// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The target of a fuzzer: read any bytes as a journal, with length and checksum corrected, since a
 * fuzzer does not guess these. An accepted journal must be written and read back the same.
 *
 * With -fsanitize=fuzzer this file is complete; without it fuzz_main.c calls it.
 */
#include <stdlib.h>
#include <string.h>

#include "../journal.h"
#include "../vm.h"
#include "raw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *rewritten(const void *bytes, size_t n, size_t *size)
{
	void *again = NULL;
	struct iolu_vm *vm;

	if (iolu_vm_new("fuzz", &vm))
		abort();
	vm->state = IOLU_INCOMING;
	if (!iolu_journal_read(vm, bytes, n) && iolu_journal_write(vm, &again, size))
		abort();
	iolu_vm_free(vm);
	return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t once = 0, twice = 0;
	uint8_t *copy = malloc(size ? size : 1);
	void *a, *b;

	memcpy(copy, data, size);
	if (size >= JOURNAL_HEADER_SIZE) {
		memcpy(copy, JOURNAL_MAGIC, JOURNAL_MAGIC_SIZE);
		raw_sum(copy, size);
	}
	a = rewritten(copy, size, &once);
	if (a) {
		b = rewritten(a, once, &twice);
		if (!b || once != twice || memcmp(a, b, once))
			abort();
		free(b);
	}
	free(a);
	free(copy);
	return 0;
}
