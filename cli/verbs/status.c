// SPDX-License-Identifier: GPL-2.0-only
/* iolu status: the state of live updates on this host */
#include <json-c/json.h>

#include "host/snapshot.h"
#include "out/print.h"

static int status(struct call *call)
{
	bool complete;
	struct json_object *state = snapshot_take(&complete, true);

	json_object_object_add(state, "complete", json_object_new_boolean(complete));
	out_print(state, call->json);
	if (!kernel_has_feature())
		return EXIT_NO;
	return complete ? EXIT_YES : EXIT_UNKNOWN;
}

const struct verb verb_status = {
	.name = "status", .operands = "",
	.summary = "show sessions, tokens, devices, and the amounts preserved",
	.codes = "0 shown; 1 this kernel does not preserve IOMMU state; 3 a part is not visible",
	.run = status,
};
