// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu unpreserve: take an outgoing session out of the next update, if its VMM does not respond.
 * The VM runs on, and the kexec ends its devices' DMA; other sessions are not affected.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "host/snapshot.h"
#include "out/print.h"
#include "verbs/device_failed.h"

static int refused(const struct call *call, const char *name, int rc)
{
	if (rc == -ENOENT)
		return call_fail(call, EXIT_NO, "no outgoing session has the name %s", name);
	if (rc == -ENOTTY)
		return call_fail(call, EXIT_NO, "this kernel cannot unpreserve a session by its name");
	return call_fail(call, EXIT_UNKNOWN, "session %s: %s", name, strerror(-rc));
}

static int unpreserve(struct call *call)
{
	const char *name = call->operand[0];
	struct json_object *top;
	int device, rc;

	if (!host_is_real())
		return call_fail(call, EXIT_USAGE, "--root is for reading only");
	if (!kernel_has_feature())
		return call_fail(call, EXIT_NO, "this kernel has no such sessions");
	device = luo_open();
	if (device < 0)
		return device_failed(call, device);
	rc = luo_unpreserve(device, name);
	close(device);
	if (rc)
		return refused(call, name, rc);
	top = json_object_new_object();
	json_object_object_add(top, "unpreserved", json_object_new_string(name));
	out_print(top, call->json);
	return EXIT_YES;
}

const struct verb verb_unpreserve = {
	.name = "unpreserve", .operands = "SESSION", .min = 1, .max = 1,
	.summary = "take an outgoing session out of the update, if its VMM does not respond",
	.codes = "0 unpreserved; 1 there is no such session; 3 no permission, or another process "
		 "has /dev/liveupdate open",
	.run = unpreserve,
};
