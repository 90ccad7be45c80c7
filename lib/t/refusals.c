// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Reasons for refusals come from the table: the row of an errno, two rows if two have it, the
 * kernel log if more have it. And each row fits into a reason.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../refusals.h"
#include "../vm.h"
#include "tap.h"

#define NAME	"0000:01:00.0"

static struct iolu_vm *vm;

static const struct iolu_attempt attempt = {
	"preserved", "device", (const enum iolu_refusal[]){
		REFUSED_DEVICE_SEGMENT, REFUSED_DEVICE_ASLEEP, REFUSED_FREEZE_RESET,
		REFUSED_DEVICE_INTX, REFUSED_DEVICE_PASIDS, REFUSED_DEVICE_ATS, REFUSED_NONE
	},
};

static void says(int rc, int expected, const char *reason, const char *fact)
{
	ok_rc(rc, expected, fact, vm->reason);
	ok(!strcmp(vm->reason, reason), "  in the table's words", vm->reason);
}

static void test_candidates(void)
{
	says(iolu_refused(vm, &attempt, NAME, -EXDEV), -EXDEV,
	     "device \"" NAME "\": not preserved: PCI segment has more than 16 bits. Move the "
	     "device to a slot that is not below a VMD.",
	     "an errno of one row has its sentence and remedy");
	says(iolu_refused(vm, &attempt, NAME, -EAGAIN), -EAGAIN,
	     "device \"" NAME "\": not preserved: not in D0, or reset or self test is in progress",
	     "an errno of two rows has both sentences");
	says(iolu_refused(vm, &attempt, NAME, -EOPNOTSUPP), -EOPNOTSUPP,
	     "device \"" NAME "\": not preserved: Operation not supported; the kernel log has the "
	     "reason", "an errno of more rows refers to the log");
	says(iolu_refused(vm, &attempt, NAME, -ENOMEM), -ENOMEM,
	     "device \"" NAME "\": not preserved: Cannot allocate memory; the kernel log has the "
	     "reason", "so does an errno of none");
}

static void test_rows(void)
{
	char name[IOLU_NAME];
	unsigned int row, cut = 0, positive = 0;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (row = REFUSED_NONE + 1; row < REFUSALS; row++) {
		positive += iolu_refuse(vm, &attempt, name, row) >= 0;
		cut += vm->reason[strlen(vm->reason) - 1] != '.';
	}
	ok(row > 40, "the table has rows", NULL);
	ok(!positive, "each has an errno", NULL);
	ok(!cut, "and a remedy that ends with its sentence, also behind the longest name", vm->reason);
}

int main(void)
{
	if (iolu_vm_new("test", &vm))
		abort();
	test_candidates();
	test_rows();
	iolu_vm_free(vm);
	return plan();
}
