// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats, as the running kernel lists them below /sys/kernel/liveupdate: file_handlers has the
 * kinds of files that it can preserve, record_layouts the layouts of its records, both with
 * versions. An older kernel has the second only; each kind of file has a record of its own, so
 * that the kinds follow.
 */
#include <errno.h>
#include <string.h>

#include "host/files.h"
#include "host/formats.h"

#define LIST_ROOM	4096

static void read_list(struct formats *formats, const char *file)
{
	char text[LIST_ROOM], *rest = text, *word;
	int rc = host_text(text, sizeof(text), "/sys/kernel/liveupdate/%s", file);

	formats->n = rc;
	while (!rc && formats->n < FORMATS_MAX && (word = strsep(&rest, " \t\n")))
		if (*word && strlen(word) < FORMAT_ROOM)
			strcpy(formats->name[formats->n++], word);
}

void formats_of_records(struct formats *formats)
{
	read_list(formats, "record_layouts");
}

void formats_of_files(struct formats *formats)
{
	static const struct {
		const char *record, *file;
	} kinds[] = {
		{ "iommufd-context", "iommufd-v1" }, { "vfio-device", "vfio-pci-v1" },
	};
	struct formats records;
	size_t i;

	read_list(formats, "file_handlers");
	if (formats->n != -ENOENT)
		return;
	formats_of_records(&records);
	formats->n = records.n < 0 ? records.n : 0;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (formats_have(&records, kinds[i].record))
			strcpy(formats->name[formats->n++], kinds[i].file);
}

int formats_have(const struct formats *formats, const char *name)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < formats->n; i++)
		if (!strncmp(formats->name[i], name, len) &&
		    !strncmp(formats->name[i] + len, "-v", 2))
			return 1;
	return 0;
}
