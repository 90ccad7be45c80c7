// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats, as the running kernel lists them below /sys/kernel/liveupdate: file_handlers has the
 * kinds of files that it can preserve, record_layouts the layouts of its records, both with
 * versions.
 */
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
	read_list(formats, "file_handlers");
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
