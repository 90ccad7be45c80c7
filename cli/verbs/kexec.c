// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu kexec: start the loaded kernel, unless something would be lost (rules/kexec.c).
 *
 * Where systemd is PID 1 it makes the kexec: it stops all services first, and does not return
 * from there. Elsewhere the kexec is one system call while everything runs. The VMMs have
 * preserved before either.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "host/update_note.h"
#include "rules/kexec.h"
#include "rules/rules.h"

/* Until the next boot, or the next --strict */
static int be_strict(const struct call *call)
{
	FILE *file = fopen(KEXEC_STRICT, "w");
	int error;

	if (file && fputs("1", file) >= 0 && !fflush(file)) {
		fclose(file);
		return 0;
	}
	error = errno;
	if (file)
		fclose(file);
	return call_fail(call, EXIT_UNKNOWN, "%s: %s", KEXEC_STRICT, strerror(error));
}

static int start(const struct call *call)
{
	int note, rc;

	fflush(stdout);
	sync();
	if (under_systemd()) {
		execlp("systemctl", "systemctl", "kexec", (char *)NULL);
		return call_fail(call, EXIT_UNKNOWN, "systemctl: %s", strerror(errno));
	}
	note = update_note_leave();
	if (note < 0)
		fprintf(stderr, "iolu kexec: no note is left (%s): iolu report will not show this "
			"kernel's part\n", note == -EBUSY ?
			"another process has /dev/liveupdate open" : strerror(-note));
	rc = luo_kexec();
	if (note >= 0)
		close(note);
	if (rc == -EPERM)
		return call_fail(call, EXIT_UNKNOWN, "the kernel refuses (%s): run iolu as root, "
				 "with CAP_SYS_BOOT", strerror(-rc));
	return call_fail(call, EXIT_NO,
			 "the kernel refuses (%s) and nothing has changed; its log has the reason",
			 strerror(-rc));
}

static int kexec(struct call *call)
{
	bool force = call_get(call, "force"), strict = call_get(call, "strict");
	struct json_object *items;
	int code;

	if (!host_is_real() && !call_get(call, "dry-run"))
		return call_fail(call, EXIT_USAGE, "--root is for reading only");
	items = json_object_new_array();
	check_kexec(items, call_get(call, "expect"), strict);
	code = check_print(call, items, NULL);
	if (call_get(call, "dry-run") || (code && !force))
		return code;
	if (strict && be_strict(call))
		return EXIT_UNKNOWN;
	return start(call);
}

const struct verb verb_kexec = {
	.name = "kexec", .operands = "",
	.summary = "start the loaded kernel, unless something would be lost",
	.codes = "0 with --dry-run: it would start; 1 refused; 3 unknown",
	.opts = {
		{ "dry-run", NULL, "check only" },
		{ "expect", "SESSIONS", "refuse unless these are outgoing: a number, or names "
		  "with commas" },
		{ "accept", "ITEM", "start although this item is unknown; can be repeated" },
		{ "strict", NULL, "refuse instead of leaving behind a session that cannot go" },
		{ "force", NULL, "start whatever would be lost" },
	},
	.run = kexec,
};
