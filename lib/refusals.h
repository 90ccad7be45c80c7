/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The table of refusals, refusals/refusals.def, for the library. See refusals.c. */
#ifndef IOLU_REFUSALS_H
#define IOLU_REFUSALS_H

struct iolu_vm;

enum iolu_refusal {
	REFUSED_NONE,
#define REFUSAL(id, error, sentence, remedy) REFUSED_##id,
#include "../refusals/refusals.def"
	REFUSALS
};

/**
 * struct iolu_attempt - A call of the kernel on one object, and its possible refusals.
 * @verb: What failed, as a participle: "preserved".
 * @object: The kind of the object.
 * @rows: The rows that apply, ended by REFUSED_NONE. Not all rows of an errno: those that the
 *	  library itself rules out are missing.
 */
struct iolu_attempt {
	const char *verb, *object;
	const enum iolu_refusal *rows;
};

/* Each sets the reason and returns a negative errno: that of @row, or @rc. */
int iolu_refuse(struct iolu_vm *vm, const struct iolu_attempt *attempt, const char *name,
		enum iolu_refusal row);
int iolu_refused(struct iolu_vm *vm, const struct iolu_attempt *attempt, const char *name, int rc);

const char *iolu_refusal_sentence(enum iolu_refusal row);

#endif /* IOLU_REFUSALS_H */
