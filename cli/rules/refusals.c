// SPDX-License-Identifier: GPL-2.0-only
/* The table of refusals, which the kernel, the library and this command share */
#include <errno.h>

#include "rules/refusals.h"

static const struct refusal refusals[] = {
#define REFUSAL(id, error, sentence, remedy) [id] = { error, sentence, remedy },
#include "../../refusals/refusals.def"
};

const struct refusal *refusal_of(enum refusal_id id)
{
	return &refusals[id];
}
