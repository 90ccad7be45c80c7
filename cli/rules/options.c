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

/* @running: the running kernel's configuration, NULL if that is not known or not of interest */
static bool is_right(const struct option *option, char value, const char *running)
{
	if (value == 'n' && strchr(option->values, 'k'))
		return !running || value_of(running, option->name) == 'n';
	return strchr(option->values, value);
}

/* Returns true if the option is right. */
static bool compare(struct json_object *items, const char *group, const char *config,
		    const struct option *option, const char *running)
{
	char value = value_of(config, option->name);

	if (is_right(option, value, running))
		return true;
	out_item(items, group, "options", NO, "build a kernel with the other value",
		 "CONFIG_%s is %c: %s", option->name, value, option->reason);
	return false;
}

static void compare_all(struct json_object *items, const char *group, const char *config,
			const char *running)
{
	struct iommu_units units = iommu_units_find();
	struct option driver = { NULL, "y", "drives the IOMMUs of this host" };
	const struct option *option;
	size_t n = 0, right = 0;

	for (option = options; option < options + ARRAY_SIZE(options); option++, n++)
		right += compare(items, group, config, option, running);
	if (units.kind) {
		driver.name = units.kind->option;
		right += compare(items, group, config, &driver, running);
		n++;
	}
	if (right == n)
		out_item(items, group, "options", YES, NULL, "all %zu that matter are right", n);
}

/* The configuration of the kernel @release, allocated; NULL if /boot does not have it */
static char *read_config(const char *release)
{
	char *config = malloc(CONFIG_ROOM);

	/* Each line is found behind a newline */
	if (config && *release && !strchr(release, '/') &&
	    host_text(config + 1, CONFIG_ROOM - 1, "/boot/config-%s", release) >= 0) {
		*config = '\n';
		return config;
	}
	free(config);
	return NULL;
}

void check_options(struct json_object *items, const char *group, const char *release,
		   const char *running)
{
	char *config = read_config(release), *then = running ? read_config(running) : NULL;

	if (config)
		compare_all(items, group, config, then);
	free(config);
	free(then);
}
