// SPDX-License-Identifier: GPL-2.0
/* The list of platforms; the first is the default. */
#include <string.h>

#include "core/util.h"
#include "platform.h"

static const struct platform *const platforms[] = { &platform_vtd, &platform_amd };

const struct platform *platform_find(const char *name)
{
	char *names = text("%s", "");
	size_t i;

	if (!name)
		return platforms[0];
	for (i = 0; i < ARRAY_SIZE(platforms); i++) {
		if (!strcmp(platforms[i]->name, name))
			return platforms[i];
		names = text("%s %s", names, platforms[i]->name);
	}
	die("unknown platform '%s', known:%s", name, names);
}
