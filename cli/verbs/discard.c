// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu discard: end an incoming session whose VMM does not come back. Its devices are
 * quiesced, reset and released, its memory is freed; other sessions are not affected.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "host/snapshot.h"
#include "out/print.h"
#include "rules/refusals.h"
#include "verbs/device_failed.h"

static int refused(const struct call *call, const char *name, int rc)
{
	switch (rc) {
	case -ENOENT:
		return call_fail(call, EXIT_NO, "no incoming session has the name %s", name);
	case -EINVAL:
		return call_fail(call, EXIT_NO,
				 "a process has session %s open (iolu status): end that process first",
				 name);
	case -ENOPKG:
		return call_fail(call, EXIT_NO, "session %s: a file in it: %s. %s", name,
				 refusal_of(RETRIEVE_HANDLER)->sentence,
				 refusal_of(RETRIEVE_HANDLER)->remedy);
	}
	return call_fail(call, EXIT_UNKNOWN, "session %s: %s", name, strerror(-rc));
}

static int discard(struct call *call)
{
	const char *name = call->operand[0];
	struct json_object *top;
	int device, session, rc;

	if (!host_is_real())
		return call_fail(call, EXIT_USAGE, "--root is for reading only");
	if (!kernel_has_feature())
		return call_fail(call, EXIT_NO, "this kernel cannot discard sessions");
	device = luo_open();
	if (device < 0)
		return device_failed(call, device);
	session = luo_retrieve(device, name);
	close(device);
	if (session < 0)
		return refused(call, name, session);
	rc = luo_discard(session);
	close(session);
	if (rc)
		return refused(call, name, rc);
	top = json_object_new_object();
	json_object_object_add(top, "discarded", json_object_new_string(name));
	out_print(top, call->json);
	return EXIT_YES;
}

const struct verb verb_discard = {
	.name = "discard", .operands = "SESSION", .min = 1, .max = 1,
	.summary = "discard an incoming session whose VMM does not come back",
	.codes = "0 discarded; 1 there is no such session, or a process has it open, or no handler "
		 "of a file in it is loaded; 3 no permission, or another process has "
		 "/dev/liveupdate open",
	.run = discard,
};
