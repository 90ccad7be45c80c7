// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the next kernel, as far as its image and its command line tell.
 *
 * The image must be able to read each kind of thing that this kernel hands over, in the same
 * version: it has the names of the formats in it (target/image.c). The same goes for each layout of
 * a record that the running kernel says it writes; a kernel that does not know one would
 * isolate the device.
 *
 * What a word of the command line does not say is a choice of the kernel's configuration,
 * which an image does not tell. Then the answer is unknown, and the word to be added is named.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/rules.h"
#include "host/files.h"
#include "target/image.h"
#include "iommu/vtd.h"

/* The formats of the running kernel, which these lines are built with */
static const struct {
	const char *name;
	unsigned int version;
} formats[] = {
	{ "kho", 4 }, { "luo", 5 }, { "memfd", 2 }, { "pci", 1 }, { "iommu", 1 },
	{ "iommufd", 1 }, { "vfio-pci", 1 },
};

/* A message of the VT-d part begins with it */
#define VTD_SAYS	"DMAR: liveupdate: "

static void lacks(struct json_object *items, const struct image *image)
{
	char list[256] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!image_version(image, formats[i].name))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), " %s-v%u",
				 formats[i].name, formats[i].version);
	if (!image_says(image, VTD_SAYS))
		snprintf(list + strlen(list), sizeof(list) - strlen(list), " VT-d");
	out_item(items, "target", "feature", NO,
		 "build it with IOMMU, iommufd and vfio-pci live update",
		 "Linux %s cannot take over:%s", image->release, list);
}

static void features(struct json_object *items, const struct image *image)
{
	bool all = image_says(image, VTD_SAYS);
	const char *other = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		unsigned int version = image_version(image, formats[i].name);

		all = all && version;
		if (version && version != formats[i].version)
			other = formats[i].name;
	}
	if (!all)
		lacks(items, image);
	else if (other)
		out_item(items, "target", "feature", UNKNOWN, "use the iolu of that kernel",
			 "Linux %s reads another version of %s than this iolu knows",
			 image->release, other);
	else
		out_item(items, "target", "feature", YES, NULL,
			 "Linux %s takes IOMMU state over (%s image)", image->release,
			 image->compression);
}

/* What this kernel writes the next one must read, record by record. */
static void records(struct json_object *items, const struct image *image)
{
	char list[1024] = "", other[512] = "", *rest = list, *layout;
	int n = 0;

	host_text(list, sizeof(list), "/sys/kernel/liveupdate/record_layouts");
	while ((layout = strsep(&rest, " "))) {
		if (!*layout)
			continue;
		n++;
		if (!image_has(image, layout))
			snprintf(other + strlen(other), sizeof(other) - strlen(other), " %s",
				 layout);
	}
	if (!n)
		out_item(items, "target", "records", UNKNOWN,
			 "boot a kernel that tells: with /sys/kernel/liveupdate/record_layouts",
			 "this kernel does not tell which records it writes");
	else if (other[0])
		out_item(items, "target", "records", NO, "use a kernel that reads these",
			 "Linux %s does not read what this kernel writes:%s", image->release,
			 other);
	else
		out_item(items, "target", "records", YES, NULL,
			 "it reads all %d kinds that this kernel writes", n);
}

static void look_at_image(struct json_object *items, const char *path)
{
	struct image image;
	const char *why = "";
	int rc = image_open(&image, path, &why);

	if (!rc) {
		features(items, &image);
		records(items, &image);
	} else {
		out_item(items, "target", "feature", rc == -ENOEXEC ? NO : UNKNOWN,
			 rc == -ENOTSUP ? "build it with gzip, xz or zstd compression" :
			 "name the bzImage of the next kernel", "%s %s", path, why);
	}
	image_close(&image);
}

static void need_on(struct json_object *items, const char *name, enum word word, bool by_default)
{
	char todo[64], label[32];

	snprintf(label, sizeof(label), "%s=", name);
	snprintf(todo, sizeof(todo), "add %s=on to its command line", name);
	if (word == WORD_ON)
		out_item(items, "target", label, YES, NULL, "on");
	else if (word == WORD_OFF)
		out_item(items, "target", label, NO, todo, "off");
	else if (by_default)
		out_item(items, "target", label, UNKNOWN, todo,
			 "not said; it depends on the kernel's configuration");
	else
		out_item(items, "target", label, NO, todo, "not said, so it is off");
}

static void iommu_stays_on(struct json_object *items, const struct words *next)
{
	const char *off = next->no_iommu ? "iommu=off" : next->no_acpi ? "acpi=off" :
			  next->no_pci ? "pci=off" : NULL;

	if (off)
		out_item(items, "target", "intel_iommu=", NO, "take that word out",
			 "%s switches the IOMMU off, and with it the translation of running DMA",
			 off);
	else
		need_on(items, "intel_iommu", next->iommu, true);
}

/* The mode must be this kernel's. A unit that knows one mode only has no choice. */
static void same_mode(struct json_object *items, enum vtd_mode mode, const struct words *next)
{
	const char *name = vtd_mode_name(mode);
	char todo[80];

	snprintf(todo, sizeof(todo), "add intel_iommu=%s to its command line",
		 mode == VTD_SCALABLE ? "sm_on" : "sm_off");
	if (mode == VTD_LEGACY_ONLY)
		out_item(items, "target", "mode", YES, NULL, "%s, the hardware knows no other",
			 name);
	else if (mode == VTD_EITHER)
		out_item(items, "target", "mode", UNKNOWN,
			 "boot both kernels with intel_iommu=sm_on, or both with sm_off",
			 "this kernel's command line says neither sm_on nor sm_off");
	else if (next->scalable == WORD_NONE)
		out_item(items, "target", "mode", UNKNOWN, todo,
			 "not said; it depends on the kernel's configuration");
	else if ((next->scalable == WORD_ON) == (mode == VTD_SCALABLE))
		out_item(items, "target", "mode", YES, NULL, "%s as now", name);
	else
		out_item(items, "target", "mode", NO, todo,
			 "not %s as now: all devices would lose their DMA", name);
}

static void same_ats(struct json_object *items, const struct words *now,
		     const struct words *next)
{
	if (now->no_ats && !next->no_ats)
		out_item(items, "target", "pci=", NO, "add pci=noats to its command line",
			 "ATS is off now and would come on");
}

static void look_at_line(struct json_object *items, const char *line)
{
	struct words now, next;
	char here[4096] = "", other[64];
	int others;

	host_text(here, sizeof(here), "/proc/cmdline");
	words_parse(&now, here);
	words_parse(&next, line);
	need_on(items, "kho", next.kho, true);
	need_on(items, "liveupdate", next.liveupdate, false);
	iommu_stays_on(items, &next);
	if (vtd_count(&others, other, sizeof(other)))
		same_mode(items, vtd_mode(&now), &next);
	same_ats(items, &now, &next);
}

void check_target(struct json_object *items, const char *image, const char *line)
{
	if (image)
		look_at_image(items, image);
	else
		out_item(items, "target", "feature", UNKNOWN, "name it with --kernel",
			 "the next kernel was not named");
	if (line)
		look_at_line(items, line);
	else
		out_item(items, "target", "command line", UNKNOWN,
			 "name it with --cmdline, or say --reuse-cmdline",
			 "the next command line was not named");
}
