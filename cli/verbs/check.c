// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: would a live update work? A list of items, each with yes, no or unknown, the
 * reason, and the remedy. The verdict is the worst answer.
 *
 * Without --kernel, --initrd and a command line the next kernel is not checked.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "host/files.h"
#include "rules/rules.h"

const char *check_line(const struct call *call, char *room, size_t size)
{
	const char *line = call_get(call, "cmdline");

	if (line || !call_get(call, "reuse-cmdline"))
		return line;
	return host_text(room, size, "/proc/cmdline") ? NULL : room;
}

int check_print(const struct call *call, struct json_object *items, const char *not_checked)
{
	struct json_object *top = json_object_new_object();
	enum answer verdict = out_worst_but_accepted(items, call);

	json_object_object_add(top, "items", items);
	if (not_checked)
		json_object_object_add(top, "not_checked", json_object_new_string(not_checked));
	json_object_object_add(top, "verdict", json_object_new_string(answer_word(verdict)));
	out_print(top, call->json);
	return answer_code(verdict);
}

static int check(struct call *call)
{
	char room[HOST_CMDLINE_ROOM];
	struct next next = {
		.image = call_get(call, "kernel"), .initrd = call_get(call, "initrd"),
		.line = check_line(call, room, sizeof(room)), .no_initrd = true,
	};
	struct json_object *items;
	bool asked;

	if (!check_addresses(call))
		return EXIT_USAGE;
	if (call_get(call, "cmdline") && call_get(call, "reuse-cmdline"))
		return call_fail(call, EXIT_USAGE, "--cmdline and --reuse-cmdline exclude each other");
	items = json_object_new_array();
	check_running_kernel(items);
	asked = next.image || next.initrd || next.line || call_get(call, "reuse-cmdline");
	if (asked)
		check_next_kernel(items, &next);
	check_devices(items, call);
	return check_print(call, items, asked ? NULL : "the next kernel; name it with --kernel "
			   "and --cmdline or --reuse-cmdline");
}

const struct verb verb_check = {
	.name = "check", .operands = "",
	.summary = "check whether a live update would work, and name each obstacle",
	.codes = "0 yes; 1 no; 3 unknown",
	.opts = {
		{ "kernel", "IMAGE", "check this kernel as the next one" },
		{ "initrd", "FILE", "its initrd" },
		{ "cmdline", "TEXT", "its command line" },
		{ "reuse-cmdline", NULL, "its command line is that of the running kernel" },
		{ "device", "BDF", "check this device; can be repeated" },
	},
	.run = check,
};
