// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: can the next kernel read the records of this one? Its image must have the name and
 * version of each format (target/image.h): KHO, LUO and the kinds of files, compared as LUO
 * compares them, and each layout of a record that the running kernel lists. A kernel without
 * one of these layouts would isolate the device. iommufd and vfio-pci may be modules: those in
 * the initrd count as the image does (target/initrd.h).
 */
#include <stdio.h>
#include <string.h>

#include "host/files.h"
#include "host/formats.h"
#include "rules/rules.h"
#include "target/image.h"

/* The formats in the ABI headers of the kernel that this command is built with */
static const struct {
	const char *name;
	unsigned int version;
} formats[] = {
#include "abi_formats.h"
};

#define LIST	512

static void append(char list[LIST], const char *name)
{
	snprintf(list + strlen(list), LIST - strlen(list), " %s", name);
}

/* The running kernel's version of a kind of file, or else that of the headers */
static void wanted(char out[FORMAT_ROOM], size_t at, const struct formats *running)
{
	size_t len = strlen(formats[at].name);
	int i;

	for (i = 0; i < running->n; i++)
		if (!strncmp(running->name[i], formats[at].name, len) &&
		    !strncmp(running->name[i] + len, "-v", 2)) {
			strcpy(out, running->name[i]);
			return;
		}
	snprintf(out, FORMAT_ROOM, "%s-v%u", formats[at].name, formats[at].version);
}

/* A format that is in no text may be in a module that was not read. */
static enum answer answer_of(const struct image *image)
{
	return image->modules_unread ? UNKNOWN : NO;
}

static const char *remedy_of(const struct image *image, const char *otherwise)
{
	return image->modules_unread ? "name its initrd with --initrd" : otherwise;
}

static const char *where(const struct image *image)
{
	return image->modules_unread ? ", unless a module in its initrd does" : "";
}

static void features(struct json_object *items, const struct image *image)
{
	char missing[LIST] = "", other[LIST] = "", name[FORMAT_ROOM];
	struct formats running;
	size_t i;

	formats_of_files(&running);
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		wanted(name, i, &running);
		if (image_has(image, name))
			continue;
		append(image_version(image, formats[i].name) ? other : missing, name);
	}
	if (*missing)
		out_item(items, "target", "feature", answer_of(image), remedy_of(image,
			 "build it with IOMMU, iommufd and vfio-pci live update; modules iommufd "
			 "and vfio-pci belong into its initrd"),
			 "Linux %s does not read:%s%s", image->release, missing, where(image));
	else if (*other)
		out_item(items, "target", "feature", NO, "use a kernel that reads these",
			 "Linux %s reads another version of:%s", image->release, other);
	else if (*image->lacking)
		out_item(items, "target", "feature", NO, "put these into its initrd as well",
			 "the modules of Linux %s need modules that its initrd does not have:%s",
			 image->release, image->lacking);
	else
		out_item(items, "target", "feature", YES, NULL,
			 "Linux %s takes over IOMMU state (%s image)", image->release,
			 image->compression);
}

static void records(struct json_object *items, const struct image *image)
{
	struct formats layouts;
	char missing[LIST] = "";
	int i;

	formats_of_records(&layouts);
	for (i = 0; i < layouts.n; i++)
		if (!image_has(image, layouts.name[i]))
			append(missing, layouts.name[i]);
	if (layouts.n <= 0)
		out_item(items, "target", "records", UNKNOWN,
			 "boot a kernel with /sys/kernel/liveupdate/record_layouts",
			 "the running kernel does not list the records that it writes");
	else if (*missing)
		out_item(items, "target", "records", answer_of(image),
			 remedy_of(image, "use a kernel that reads these"),
			 "Linux %s does not read records of the running kernel:%s%s",
			 image->release, missing, where(image));
	else
		out_item(items, "target", "records", YES, NULL,
			 "it reads all %d kinds of records of the running kernel", layouts.n);
}

static bool huge_pages_in_use(const char *kib)
{
	char all[32], free[32];

	return !host_text(all, sizeof(all), "/sys/kernel/mm/hugepages/hugepages-%skB/nr_hugepages",
			  kib) &&
	       !host_text(free, sizeof(free),
			  "/sys/kernel/mm/hugepages/hugepages-%skB/free_hugepages", kib) &&
	       strcmp(all, free);
}

/* A host without huge pages in use can update to a kernel that does not take them over. */
static void huge_pages(struct json_object *items, const struct image *image)
{
	struct formats running;
	int i;

	formats_of_files(&running);
	for (i = 0; i < running.n; i++)
		if (!strncmp(running.name[i], "memfd-hugetlb-v", 15) &&
		    !image_has(image, running.name[i]) &&
		    (huge_pages_in_use("2048") || huge_pages_in_use("1048576")))
			out_item(items, "target", "huge pages", NO,
				 "use a kernel with LIVEUPDATE_MEMFD_HUGETLB",
				 "huge pages are in use, and Linux %s does not read: %s",
				 image->release, running.name[i]);
}

void check_image(struct json_object *items, const struct image *image)
{
	features(items, image);
	records(items, image);
	huge_pages(items, image);
}
