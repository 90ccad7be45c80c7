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

/**
 * struct missing - Formats that the next kernel does not read.
 * @names: Their names, a blank before each.
 * @built_in: No module could read one of them.
 */
struct missing {
	char names[LIST];
	bool built_in;
};

static void append(struct missing *missing, const char *name)
{
	size_t at = strlen(missing->names);

	snprintf(missing->names + at, LIST - at, " %s", name);
	missing->built_in |= strncmp(name, "iommufd-", 8) && strncmp(name, "vfio-", 5);
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

/* They are in no text of the image. Does that say no? */
static void not_read(struct json_object *items, const struct image *image, const char *rule,
		     const struct missing *missing, const char *remedy, const char *words)
{
	if (image->modules_unread && !missing->built_in)
		out_item(items, "target", rule, UNKNOWN, "name its initrd with --initrd",
			 "Linux %s %s:%s, unless a module in its initrd does",
			 image->release, words, missing->names);
	else
		out_item(items, "target", rule, NO, remedy, "Linux %s %s:%s",
			 image->release, words, missing->names);
}

static void features(struct json_object *items, const struct image *image)
{
	struct missing missing = {}, other = {};
	char name[FORMAT_ROOM];
	struct formats running;
	size_t i;

	formats_of_files(&running);
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		wanted(name, i, &running);
		if (image_has(image, name))
			continue;
		append(image_version(image, formats[i].name) ? &other : &missing, name);
	}
	if (*missing.names)
		not_read(items, image, "feature", &missing,
			 "build it with IOMMU, iommufd and vfio-pci live update; modules iommufd "
			 "and vfio-pci belong into its initrd", "does not read");
	else if (*other.names)
		out_item(items, "target", "feature", NO, "use a kernel that reads these",
			 "Linux %s reads another version of:%s", image->release, other.names);
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
	struct missing missing = {};
	struct formats layouts;
	int i;

	formats_of_records(&layouts);
	for (i = 0; i < layouts.n; i++)
		if (!image_has(image, layouts.name[i]))
			append(&missing, layouts.name[i]);
	if (layouts.n <= 0)
		out_item(items, "target", "records", UNKNOWN,
			 "boot a kernel with /sys/kernel/liveupdate/record_layouts",
			 "the running kernel does not list the records that it writes");
	else if (*missing.names)
		not_read(items, image, "records", &missing, "use a kernel that reads these",
			 "does not read records of the running kernel");
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
