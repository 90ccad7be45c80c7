// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu status: how things stand.
 */
#include <json-c/json.h>

#include "out/print.h"
#include "host/snapshot.h"

static int status(struct call *call)
{
	bool complete;
	struct json_object *state = state_collect(&complete);

	json_object_object_add(state, "complete", json_object_new_boolean(complete));
	out_print(state, call->json);
	if (!state_is_there())
		return EXIT_NO;
	return complete ? EXIT_YES : EXIT_UNKNOWN;
}

const struct verb verb_status = {
	.name = "status", .operands = "",
	.what = "show sessions, tokens and devices, and what is preserved",
	.codes = "0 shown; 1 this kernel does not carry IOMMU state; "
		 "3 something could not be seen",
	.run = status,
};
