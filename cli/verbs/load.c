// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu load: load the next kernel with kexec_file_load(2), which is the call that tells it
 * what is preserved; but first all of iolu check.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "rules/rules.h"
#include "host/files.h"
#include "target/loaded_image.h"
#include "host/liveupdate.h"

static int load_files(const char *image, const char *initrd, const char *line)
{
	int kernel = open(image, O_RDONLY | O_CLOEXEC), ramdisk = -1, rc = 0;

	if (kernel < 0)
		return -errno;
	if (initrd) {
		ramdisk = open(initrd, O_RDONLY | O_CLOEXEC);
		rc = ramdisk < 0 ? -errno : 0;
	}
	if (!rc)
		rc = luo_load(kernel, ramdisk, line);
	close(kernel);
	if (ramdisk >= 0)
		close(ramdisk);
	return rc;
}

/* Only what was asked for is left out of a forced load: the checks' answers stay in sight. */
static int load_it(const struct call *call, struct json_object *items, const char *line)
{
	const char *image = call->operand[0];
	int rc = load_files(image, call_get(call, "initrd"), line);

	if (!rc)
		rc = loaded_note(image);
	if (rc) {
		out_item(items, "load", "loaded", rc == -EPERM ? UNKNOWN : NO,
			 rc == -EPERM ? "run iolu load as root" : NULL, "%s: %s", image,
			 strerror(-rc));
		return check_print(call, items);
	}
	out_item(items, "load", "loaded", YES, NULL, "%s", image);
	check_print(call, items);
	return EXIT_YES;
}

static int load(struct call *call)
{
	struct json_object *items;
	char room[4096];
	const char *line = check_line(call, room, sizeof(room));
	enum answer verdict;

	if (!line)
		return call_fail(call, EXIT_USAGE,
				 "say which command line: --cmdline TEXT or --reuse-cmdline");
	if (!host_is_real() && !call_get(call, "dry-run"))
		return call_fail(call, EXIT_USAGE, "--root is for looking only");
	items = json_object_new_array();
	check_host(items);
	check_target(items, call->operand[0], line);
	check_devices(items, call);
	verdict = out_worst(items);
	if (call_get(call, "dry-run"))
		return check_print(call, items);
	if (verdict == YES || call_get(call, "force"))
		return load_it(call, items, line);
	out_item(items, "load", "loaded", verdict, "see above, or use --force", "not loaded");
	return check_print(call, items);
}

const struct verb verb_load = {
	.name = "load", .operands = "IMAGE", .min = 1, .max = 1,
	.what = "check and load the next kernel",
	.codes = "0 loaded; 1 refused; 3 it cannot be told whether the update would work",
	.opts = {
		{ "initrd", "FILE", "its initial RAM disk" },
		{ "cmdline", "TEXT", "its command line" },
		{ "reuse-cmdline", NULL, "it gets this kernel's command line" },
		{ "device", "BDF", "check this function only; more than once for more" },
		{ "dry-run", NULL, "check only" },
		{ "force", NULL, "load whatever the checks say" },
	},
	.run = load,
};
