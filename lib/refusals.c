// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Reasons for refusals, from the table that the kernel log and the command also use.
 *
 * LUO returns an errno and nothing else. If one of the rows that apply has this errno, the reason
 * is that row. If two have it, the reason has both; if more, it refers to the kernel log.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "refusals.h"
#include "vm.h"

static const struct {
	int rc;
	const char *sentence, *remedy;
} table[REFUSALS] = {
#define REFUSAL(id, error, sentence, remedy) [REFUSED_##id] = { -(error), sentence, remedy },
#include "../refusals/refusals.def"
};

const char *iolu_refusal_sentence(enum iolu_refusal row)
{
	return table[row].sentence;
}

int iolu_refuse(struct iolu_vm *vm, const struct iolu_attempt *attempt, const char *name,
		enum iolu_refusal row)
{
	return iolu_fail(vm, table[row].rc, "%s \"%s\": not %s: %s. %s", attempt->object, name,
			 attempt->verb, table[row].sentence, table[row].remedy);
}

int iolu_refused(struct iolu_vm *vm, const struct iolu_attempt *attempt, const char *name, int rc)
{
	enum iolu_refusal first = REFUSED_NONE, second = REFUSED_NONE;
	const enum iolu_refusal *row;
	unsigned int n = 0;

	for (row = attempt->rows; *row; row++) {
		if (table[*row].rc != rc)
			continue;
		second = n == 1 ? *row : second;
		first = n ? first : *row;
		n++;
	}
	if (n == 1)
		return iolu_refuse(vm, attempt, name, first);
	if (n == 2)
		return iolu_fail(vm, rc, "%s \"%s\": not %s: %s, or %s", attempt->object, name,
				 attempt->verb, table[first].sentence, table[second].sentence);
	return iolu_fail(vm, rc, "%s \"%s\": not %s: %s; the kernel log has the reason",
			 attempt->object, name, attempt->verb, strerror(-rc));
}
