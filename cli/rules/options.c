// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the configuration of a kernel, where /boot has it. It tells about options that are
 * not seen otherwise; a format that a kernel reads is found in its image.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "iommu/iommu.h"
#include "rules/rules.h"

#define CONFIG_ROOM	(1u << 20)

static const struct option {
	const char *name, *values, *reason;
} options[] = {
#define OPTION(name, values, reason) { #name, values, reason },
#include "rules/options.def"
};

/* 'y', 'm', or 'n' for an option that is not set */
static char value_of(const char *config, const char *name)
{
	char text[80];
	const char *at;

	snprintf(text, sizeof(text), "\nCONFIG_%s=", name);
	at = strstr(config, text);
	return at ? at[strlen(text)] : 'n';
}

/* Returns true if the option is right. */
static bool compare(struct json_object *items, const char *group, const char *config,
		    const struct option *option)
{
	char value = value_of(config, option->name);

	if (strchr(option->values, value))
		return true;
	out_item(items, group, "options", NO, "build a kernel with the other value",
		 "CONFIG_%s is %c: %s", option->name, value, option->reason);
	return false;
}

static void compare_all(struct json_object *items, const char *group, const char *config)
{
	struct iommu_units units = iommu_units_find();
	struct option driver = { NULL, "y", "drives the IOMMUs of this host" };
	const struct option *option;
	size_t n = 0, right = 0;

	for (option = options; option < options + ARRAY_SIZE(options); option++, n++)
		right += compare(items, group, config, option);
	if (units.kind) {
		driver.name = units.kind->option;
		right += compare(items, group, config, &driver);
		n++;
	}
	if (right == n)
		out_item(items, group, "options", YES, NULL, "all %zu that matter are right", n);
}

void check_options(struct json_object *items, const char *group, const char *release)
{
	char *config = malloc(CONFIG_ROOM);

	/* Each line is found behind a newline */
	if (config && *release && !strchr(release, '/') &&
	    host_text(config + 1, CONFIG_ROOM - 1, "/boot/config-%s", release) >= 0) {
		*config = '\n';
		compare_all(items, group, config);
	}
	free(config);
}
