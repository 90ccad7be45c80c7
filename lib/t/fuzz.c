// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a fuzzer calls: any bytes as a journal, with length and checksum made right, since a
 * fuzzer does not guess these. What is accepted must be written and read back the same.
 *
 * With -fsanitize=fuzzer this is all there is; fuzz_main.c drives it without.
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
