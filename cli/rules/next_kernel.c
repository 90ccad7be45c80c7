// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the next kernel, its image, initrd and command line.
 */
#include <errno.h>

#include "host/files.h"
#include "rules/rules.h"
#include "target/image.h"
#include "target/initrd.h"

/* The path of the program that loads modules, in each kernel that can have any */
#define LOADS_MODULES	"/sbin/modprobe"

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

static void read_modules(struct json_object *items, struct image *image, const char *path)
{
	const char *why = NULL;

	image->modules_unread = image_has(image, LOADS_MODULES);
	if (!image->modules_unread || !path)
		return;
	image->modules_unread = initrd_add_modules(image, path, &why);
	if (image->modules_unread)
		out_item(items, "target", "modules", UNKNOWN, "name the initrd of this kernel",
			 "%s: %s", path, why);
}

void check_next_kernel(struct json_object *items, const struct next *next)
{
	struct image image = {};
	char running[128] = "";
	bool opened = open_image(items, &image, next->image);

	host_text(running, sizeof(running), "/proc/sys/kernel/osrelease");
	if (opened) {
		read_modules(items, &image, next->initrd);
		check_image(items, &image);
		check_options(items, "target", image.release, running);
	}
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
