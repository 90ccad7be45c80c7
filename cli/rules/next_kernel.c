// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the next kernel, its image, initrd and command line.
 */
#include <errno.h>

#include "rules/rules.h"
#include "target/image.h"

static enum answer answer_of(int rc)
{
	return rc == -ENOTSUP || rc == -EBADMSG ? UNKNOWN : NO;
}

/* Returns true if @image was opened. */
static bool open_image(struct json_object *items, struct image *image, const char *path)
{
	const char *why = "";
	int rc;

	if (!path) {
		out_item(items, "target", "feature", UNKNOWN, "name it with --kernel",
			 "the next kernel is not named");
		return false;
	}
	rc = image_open(image, path, &why);
	if (rc)
		out_item(items, "target", "feature", answer_of(rc), rc == -ENOTSUP ?
			 "load it with --accept feature if it is known to have the feature" :
			 "name the bzImage of the next kernel", "%s: %s", path, why);
	return !rc;
}

void check_next_kernel(struct json_object *items, const struct next *next)
{
	struct image image = {};
	bool opened = open_image(items, &image, next->image);

	if (opened)
		check_image(items, &image);
	if (next->line)
		check_cmdline(items, next->line, image.cmdline_max);
	else
		out_item(items, "target", "command line", UNKNOWN,
			 "name it with --cmdline or --reuse-cmdline",
			 "the next command line is not named");
	check_initrd(items, next);
	check_scratch(items, next, &image);
	check_loading(items);
	if (opened)
		image_close(&image);
}
