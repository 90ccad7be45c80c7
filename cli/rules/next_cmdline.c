// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the next command line. Where it has no word the next kernel's configuration
 * decides, which an image does not show; then the answer is unknown and the remedy names the
 * word.
 */
#include <stdio.h>
#include <string.h>

#include "iommu/iommu.h"
#include "rules/rules.h"
#include "rules/words.h"
#include "target/cmdline.h"

/* The default of arch/x86, with the NUL, if the image is not known */
#define LIMIT_X86	2047

static void length(struct json_object *items, const char *line, unsigned long limit)
{
	size_t n = strlen(line);

	limit = limit ? limit : LIMIT_X86;
	if (n + 1 > limit)
		out_item(items, "target", "length", NO, "shorten the command line",
			 "%zu characters; the next kernel takes %lu", n, limit - 1);
}

static void need_on(struct json_object *items, const struct cmdline *next, const char *key,
		    bool has_default)
{
	char todo[64], label[32];

	snprintf(label, sizeof(label), "%s=", key);
	snprintf(todo, sizeof(todo), "add %s=on to the next command line", key);
	switch (cmdline_bool(next, key)) {
	case ON:
		out_item(items, "target", label, YES, NULL, "on");
		break;
	case OFF:
		out_item(items, "target", label, NO, todo, "off");
		break;
	default:
		out_item(items, "target", label, has_default ? UNKNOWN : NO, todo, has_default ?
			 "absent; the kernel's configuration decides" : "absent, which means off");
	}
}

void check_cmdline(struct json_object *items, const char *line, unsigned long limit)
{
	struct iommu_units units = iommu_units_find();
	struct cmdline now, next;

	length(items, line, limit);
	cmdline_parse(&next, line);
	need_on(items, &next, "kho", true);
	need_on(items, &next, "liveupdate", false);
	if (!cmdline_of_running(&now)) {
		out_item(items, "target", "words", UNKNOWN, NULL,
			 "the running kernel's command line cannot be read");
		return;
	}
	if (units.kind)
		units.kind->check_next(items, &now, &next);
	if (next.complete)
		words_check(items, &now, &next);
}
