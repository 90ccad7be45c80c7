// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu load: run all of iolu check, then load the next kernel with kexec_file_load(2), which
 * is the call that passes KHO's data to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "rules/rules.h"
#include "target/loaded_image.h"

/* @file: Out, on failure: the file that the error is about */
static int load_files(const struct next *next, const char **file)
{
	int kernel, ramdisk = -1, rc;

	*file = next->image;
	kernel = open(next->image, O_RDONLY | O_CLOEXEC);
	if (kernel < 0)
		return -errno;
	if (next->initrd) {
		*file = next->initrd;
		ramdisk = open(next->initrd, O_RDONLY | O_CLOEXEC);
		if (ramdisk < 0) {
			rc = -errno;
			close(kernel);
			return rc;
		}
		*file = next->image;
	}
	rc = luo_load(kernel, ramdisk, next->line);
	close(kernel);
	if (ramdisk >= 0)
		close(ramdisk);
	return rc;
}

/* The remedy for an error of kexec_file_load(2) that the checks have not predicted */
static const char *remedy(int rc)
{
	switch (-rc) {
	case EPERM:
		return geteuid() ? AS_ROOT :
		       "see kernel.kexec_load_disabled, kernel.kexec_load_limit_reboot and "
		       "/sys/kernel/security/lockdown; a container also needs CAP_SYS_BOOT";
	case EADDRNOTAVAIL:
		return "use a smaller initrd, or reboot with a larger kho_scratch=: image and "
		       "initrd must each fit into one scratch area";
	case EKEYREJECTED:
	case ENOKEY:
		return "sign the image with a key that the running kernel trusts";
	case EBUSY:
		return "try again: another program loads a kernel";
	}
	return NULL;
}

static int load_it(const struct call *call, struct json_object *items, const struct next *next)
{
	const char *file;
	int rc = load_files(next, &file);

	if (!rc)
		rc = loaded_image_note(next->image);
	if (rc) {
		out_item(items, "load", "loaded", rc == -EPERM ? UNKNOWN : NO, remedy(rc),
			 "%s: %s", file, strerror(-rc));
		return check_print(call, items, NULL);
	}
	out_item(items, "load", "loaded", YES, NULL, "%s", next->image);
	check_print(call, items, NULL);
	return EXIT_YES;
}

static int usage(const struct call *call, const struct next *next)
{
	if (!check_addresses(call))
		return EXIT_USAGE;
	if (!next->line)
		return call_fail(call, EXIT_USAGE,
				 "a command line is needed: --cmdline TEXT or --reuse-cmdline");
	if (call_get(call, "cmdline") && call_get(call, "reuse-cmdline"))
		return call_fail(call, EXIT_USAGE, "--cmdline and --reuse-cmdline exclude each other");
	if (next->initrd && next->no_initrd)
		return call_fail(call, EXIT_USAGE, "--initrd and --no-initrd exclude each other");
	if (!host_is_real() && !call_get(call, "dry-run"))
		return call_fail(call, EXIT_USAGE, "--root is for reading only");
	return 0;
}

static int load(struct call *call)
{
	char room[HOST_CMDLINE_ROOM];
	struct next next = {
		.image = call->operand[0], .initrd = call_get(call, "initrd"),
		.line = check_line(call, room, sizeof(room)),
		.no_initrd = call_get(call, "no-initrd"),
	};
	struct json_object *items;
	enum answer verdict;
	int rc = usage(call, &next);

	if (rc)
		return rc;
	items = json_object_new_array();
	check_running_kernel(items);
	check_next_kernel(items, &next);
	check_devices(items, call);
	verdict = out_worst_but_accepted(items, call);
	if (call_get(call, "dry-run"))
		return check_print(call, items, NULL);
	if (verdict == YES || call_get(call, "force"))
		return load_it(call, items, &next);
	out_item(items, "load", "loaded", verdict, "remove the obstacles above, or use --accept "
		 "or --force", "not loaded");
	return check_print(call, items, NULL);
}

const struct verb verb_load = {
	.name = "load", .operands = "IMAGE", .min = 1, .max = 1,
	.summary = "check and load the next kernel; needs --cmdline or --reuse-cmdline",
	.codes = "0 loaded; 1 refused; 3 unknown whether the update would work",
	.opts = {
		{ "initrd", "FILE", "its initrd" },
		{ "no-initrd", NULL, "it needs none" },
		{ "cmdline", "TEXT", "its command line" },
		{ "reuse-cmdline", NULL, "its command line is that of the running kernel" },
		{ "device", "BDF", "check this device only; can be repeated" },
		{ "dry-run", NULL, "check only" },
		{ "accept", "ITEM", "load although this item is unknown; can be repeated" },
		{ "force", NULL, "load despite every no and unknown" },
	},
	.run = load,
};
