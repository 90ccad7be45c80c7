// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu discard: give up a session of the last update whose VMM will not come back. Its
 * devices stop and become ordinary ones, its memory is freed; other sessions do not notice.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "out/print.h"
#include "host/open_files.h"
#include "host/snapshot.h"

static int refused(const struct call *call, const char *name, int rc)
{
	switch (rc) {
	case -ENOENT:
		return call_fail(call, EXIT_NO, "no session %s came in with the last update",
				 name);
	case -EINVAL:
		return call_fail(call, EXIT_NO,
				 "a process has session %s (iolu status): end that process first",
				 name);
	}
	return call_fail(call, EXIT_UNKNOWN, "session %s: %s", name, strerror(-rc));
}

static int no_device(const struct call *call, int rc)
{
	struct holders holders;
	int code;

	if (rc != -EBUSY)
		return call_fail(call, EXIT_UNKNOWN, "/dev/liveupdate: %s", strerror(-rc));
	holders = procs_find("/dev/liveupdate");
	code = call_fail(call, EXIT_UNKNOWN,
			 "/dev/liveupdate is held by process %d (%s): try when it has ended",
			 holders.n ? holders.holder[0].pid : 0,
			 holders.n ? holders.holder[0].comm : "?");
	procs_free(&holders);
	return code;
}

static int discard(struct call *call)
{
	const char *name = call->operand[0];
	struct json_object *top;
	int device, session, rc;

	if (!host_is_real())
		return call_fail(call, EXIT_USAGE, "--root is for looking only");
	if (!state_is_there())
		return call_fail(call, EXIT_NO, "this kernel cannot give sessions up");
	device = luo_open();
	if (device < 0)
		return no_device(call, device);
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
	.what = "give up a session that came with the last update",
	.codes = "0 given up; 1 there is no such session, or a process has it; "
		 "3 no permission, or /dev/liveupdate is held",
	.run = discard,
};
