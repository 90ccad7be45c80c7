// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the running kernel and the IOMMUs of the host. Features are read from
 * /sys/kernel/liveupdate, not derived from the version.
 */
#include <stdio.h>
#include <string.h>

#include "host/files.h"
#include "host/formats.h"
#include "host/snapshot.h"
#include "iommu/iommu.h"
#include "rules/refusals.h"
#include "rules/rules.h"

#define ANOTHER_KERNEL	"boot a kernel with IOMMU, iommufd and vfio-pci live update"
#define LOAD_MODULE	"load its module, or " ANOTHER_KERNEL

static void feature(struct json_object *items, const char *release)
{
	if (kernel_has_feature())
		out_item(items, "kernel", "feature", YES, NULL,
			 "Linux %s preserves IOMMU state", release);
	else
		out_item(items, "kernel", "feature", NO, ANOTHER_KERNEL,
			 "Linux %s does not preserve IOMMU state", release);
}

static void file_kind(struct json_object *items, const struct formats *formats,
		      const char *name, const char *objects)
{
	if (formats_have(formats, name))
		out_item(items, "kernel", name, YES, NULL, "%s can be preserved", objects);
	else if (formats->n < 0 && kernel_has_feature())
		out_item(items, "kernel", name, UNKNOWN, ANOTHER_KERNEL,
			 "/sys/kernel/liveupdate/file_handlers: %s", strerror(-formats->n));
	else
		out_item(items, "kernel", name, NO, LOAD_MODULE, "%s cannot be preserved",
			 objects);
}

/* The device exists if and only if both are on. */
static void handover(struct json_object *items)
{
	static const char *const todo = "boot with kho=on liveupdate=on";
	struct cmdline now;

	if (host_has("/dev/liveupdate")) {
		out_item(items, "kernel", "handover", YES, NULL, "KHO and LUO are on");
		return;
	}
	cmdline_of_running(&now);
	if (cmdline_bool(&now, "liveupdate") != ON)
		out_item(items, "kernel", "handover", NO, todo,
			 "LUO is off: the command line has no liveupdate=on");
	else
		out_item(items, "kernel", "handover", NO, todo,
			 "KHO or LUO is off: there is no /dev/liveupdate");
}

static void iommu(struct json_object *items)
{
	struct iommu_units units = iommu_units_find();
	const struct iommu_kind *const *kind;
	struct cmdline now;
	char todo[256] = "";

	cmdline_of_running(&now);
	for (kind = iommu_kinds; *kind; kind++)
		snprintf(todo + strlen(todo), sizeof(todo) - strlen(todo), "%s%s",
			 kind == iommu_kinds ? "" : " or ", (*kind)->enable);
	snprintf(todo + strlen(todo), sizeof(todo) - strlen(todo),
		 "; enable the IOMMU in the firmware");
	if (units.kind)
		out_item(items, "kernel", "iommu", YES, NULL, "%d %s unit%s, %s", units.n,
			 units.kind->name, units.n > 1 ? "s" : "", units.kind->mode(&now));
	else if (*units.other)
		out_item(items, "kernel", "iommu", NO, refusal_of(DEVICE_IOMMU)->remedy,
			 "the IOMMU %s does not support live update", units.other);
	else
		out_item(items, "kernel", "iommu", NO, todo, "no IOMMU is in use");
}

void check_running_kernel(struct json_object *items)
{
	struct formats formats;
	char release[128] = "";

	host_text(release, sizeof(release), "/proc/sys/kernel/osrelease");
	feature(items, release);
	formats_of_files(&formats);
	file_kind(items, &formats, "iommufd", "HWPTs");
	file_kind(items, &formats, "vfio-pci", "devices");
	handover(items);
	iommu(items);
	check_options(items, "kernel", release, NULL);
}
