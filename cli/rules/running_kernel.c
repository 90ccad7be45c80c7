// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the running kernel and the host's IOMMUs.
 *
 * What a kernel can do is asked, not concluded from its version: the IOMMU core has a
 * directory in sysfs, iommufd answers an ioctl, and vfio-pci, which has no such thing, has
 * functions with known names in /proc/kallsyms.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rules/rules.h"
#include "host/files.h"
#include "host/liveupdate.h"
#include "iommu/vtd.h"

#define ANOTHER_KERNEL	"boot a kernel with IOMMU, iommufd and vfio-pci live update"
#define AS_ROOT		"run iolu check as root"

static void feature(struct json_object *items)
{
	char release[128] = "";

	host_text(release, sizeof(release), "/proc/sys/kernel/osrelease");
	if (host_has("/sys/kernel/liveupdate/iommu"))
		out_item(items, "kernel", "feature", YES, NULL,
			 "Linux %s carries IOMMU state", release);
	else
		out_item(items, "kernel", "feature", NO, ANOTHER_KERNEL,
			 "Linux %s does not carry IOMMU state", release);
}

/* 0 = it knows the ioctl */
static int ask_iommufd(void)
{
	struct iommu_liveupdate_query query;
	int fd, rc;

	if (!host_is_real())
		return host_has("/dev/iommu") ? 0 : -ENOENT;
	fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = luo_query(fd, 0, &query);
	close(fd);
	return rc == -ENOENT ? 0 : rc;
}

static void iommufd(struct json_object *items)
{
	int rc = ask_iommufd();

	if (!rc)
		out_item(items, "kernel", "iommufd", YES, NULL, "it carries HWPTs");
	else if (rc == -EACCES || rc == -EPERM)
		out_item(items, "kernel", "iommufd", UNKNOWN, AS_ROOT, "/dev/iommu: %s",
			 strerror(-rc));
	else
		out_item(items, "kernel", "iommufd", NO, ANOTHER_KERNEL, "%s",
			 rc == -ENOTTY ? "it does not carry HWPTs" : "there is no /dev/iommu");
}

/* 1 there is such a function, 0 there is none, -errno */
static int kernel_has(const char *function)
{
	char path[4096], *line = NULL;
	size_t room = 0;
	int found = 0, any = 0;
	FILE *f;

	host_path(path, sizeof(path), "/proc/kallsyms");
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!found && getline(&line, &room, f) > 0) {
		char *name = strrchr(line, ' ');

		any = 1;
		found = name && !strncmp(name + 1, function, strlen(function)) &&
			strchr("\n\t", name[1 + strlen(function)]);
	}
	free(line);
	fclose(f);
	return any ? found : -ENODATA;
}

static void vfio(struct json_object *items)
{
	switch (kernel_has("vfio_pci_liveupdate_preserve")) {
	case 1:
		out_item(items, "kernel", "vfio-pci", YES, NULL, "it carries devices in use");
		break;
	case 0:
		out_item(items, "kernel", "vfio-pci", NO, ANOTHER_KERNEL,
			 "it does not carry devices");
		break;
	default:
		out_item(items, "kernel", "vfio-pci", UNKNOWN, AS_ROOT,
			 "/proc/kallsyms cannot be read");
	}
}

/* The device is there if and only if both are on. */
static void handover(struct json_object *items)
{
	static const char *const todo = "boot with kho=on liveupdate=on";
	char line[4096] = "";
	struct words now;

	host_text(line, sizeof(line), "/proc/cmdline");
	words_parse(&now, line);
	if (host_has("/dev/liveupdate"))
		out_item(items, "kernel", "handover", YES, NULL, "KHO and LUO are on");
	else if (now.liveupdate != WORD_ON)
		out_item(items, "kernel", "handover", NO, todo,
			 "LUO is off: the command line has no liveupdate=on");
	else
		out_item(items, "kernel", "handover", NO, todo,
			 "KHO or LUO is off: there is no /dev/liveupdate");
}

static void iommu(struct json_object *items)
{
	char line[4096] = "", other[64] = "";
	struct words now;
	int others, n = vtd_count(&others, other, sizeof(other));

	host_text(line, sizeof(line), "/proc/cmdline");
	words_parse(&now, line);
	if (n)
		out_item(items, "kernel", "iommu", YES, NULL, "%d VT-d unit%s, %s", n,
			 n > 1 ? "s" : "", vtd_mode_name(vtd_mode(&now)));
	else if (others)
		out_item(items, "kernel", "iommu", NO, NULL,
			 "the IOMMU %s is no VT-d; only VT-d is supported", other);
	else
		out_item(items, "kernel", "iommu", NO,
			 "boot with intel_iommu=on; see that VT-d is on in the firmware",
			 "no IOMMU is in use");
}

void check_host(struct json_object *items)
{
	feature(items);
	iommufd(items);
	vfio(items);
	handover(items);
	iommu(items);
}
