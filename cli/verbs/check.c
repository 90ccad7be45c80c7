// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: would a live update work? A list of items, each with yes, no or unknown, why,
 * and what to do. The verdict is the worst of them.
 *
 * It speaks about what was asked: without --kernel and a command line the next kernel is not
 * looked at.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "rules/device.h"
#include "rules/rules.h"
#include "host/files.h"

const char *check_line(const struct call *call, char *room, size_t size)
{
	const char *line = call_get(call, "cmdline");

	if (line || !call_get(call, "reuse-cmdline"))
		return line;
	return host_text(room, size, "/proc/cmdline") ? NULL : room;
}

void check_devices(struct json_object *items, const struct call *call)
{
	struct names bound = host_names("/sys/bus/pci/drivers/vfio-pci");
	int i, n = 0;

	for (i = 0; i < call->ngiven; i++)
		if (!strcmp(call->given[i].opt->name, "device") && ++n)
			carry_check(items, call->given[i].value);
	for (i = 0; !n && i < bound.n; i++)
		if (strchr(bound.name[i], ':'))
			carry_check(items, bound.name[i]);
	host_names_free(&bound);
}

int check_print(const struct call *call, struct json_object *items)
{
	static const char *const words[] = { "yes", "no", "unknown" };
	struct json_object *top = json_object_new_object();
	enum answer verdict = out_worst(items);

	json_object_object_add(top, "items", items);
	json_object_object_add(top, "verdict", json_object_new_string(words[verdict]));
	out_print(top, call->json);
	return answer_code(verdict);
}

static int check(struct call *call)
{
	struct json_object *items = json_object_new_array();
	const char *image = call_get(call, "kernel");
	char room[4096];
	const char *line = check_line(call, room, sizeof(room));

	check_host(items);
	if (image || line || call_get(call, "reuse-cmdline"))
		check_target(items, image, line);
	check_devices(items, call);
	return check_print(call, items);
}

const struct verb verb_check = {
	.name = "check", .operands = "",
	.what = "tell whether a live update would work, and what stands in its way",
	.codes = "0 yes; 1 no; 3 it cannot be told",
	.opts = {
		{ "kernel", "IMAGE", "look at this kernel as the next one" },
		{ "cmdline", "TEXT", "the next kernel's command line" },
		{ "reuse-cmdline", NULL, "the next kernel gets this one's command line" },
		{ "device", "BDF", "look at this function; more than once for more" },
	},
	.run = check,
};
