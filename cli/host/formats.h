/* SPDX-License-Identifier: GPL-2.0-only */
/* The formats that the running kernel writes for the next one */
#ifndef IOLU_CLI_HOST_FORMATS_H
#define IOLU_CLI_HOST_FORMATS_H

#include <stddef.h>

#define FORMATS_MAX	32
#define FORMAT_ROOM	64

/**
 * struct formats - A list of formats with their versions, such as "iommu-domain-v1".
 * @n: Their number, or -errno if the kernel does not list them.
 */
struct formats {
	char name[FORMATS_MAX][FORMAT_ROOM];
	int n;
};

/* Formats of files that the kernel can preserve, and layouts of the records within */
void formats_of_files(struct formats *formats);
void formats_of_records(struct formats *formats);

/* Is there a format of this name, in any version? */
int formats_have(const struct formats *formats, const char *name);

#endif /* IOLU_CLI_HOST_FORMATS_H */
