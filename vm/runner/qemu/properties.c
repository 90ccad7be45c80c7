// SPDX-License-Identifier: GPL-2.0
/* The emulator itself lists the properties of a device, so its version does not matter. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "properties.h"

const char *emulator_name(void)
{
	const char *name = getenv("QEMU");

	return name && *name ? name : "qemu-system-x86_64";
}

/* The output of -device @device,help: a line "  NAME=<TYPE> ..." for each property */
static char *list_properties(const char *device, size_t len)
{
	char *cmd = text("'%s' -device '%.*s,help' 2>/dev/null", emulator_name(), (int)len, device);
	char line[256], *all = text("\n"), *more;
	FILE *f = popen(cmd, "r");

	if (!f)
		die("cannot run %s: %s", emulator_name(), strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		more = text("%s%s", all, line + strspn(line, " "));
		free(all);
		all = more;
	}
	pclose(f);
	free(cmd);
	return all;
}

static bool has(const char *properties, const char *name)
{
	char *line = text("\n%s=", name);
	bool found = strstr(properties, line);

	free(line);
	return found;
}

static bool is_property(const char *item, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(item, name, n) && (item[n] == '=' || !item[n]);
}

/* The item "NAME=VALUE" under the name that is in @properties, if it is one of @renamed */
static char *fit(const char *item, const struct renamed_property *renamed, const char *properties)
{
	const char *value = item + strcspn(item, "=");

	for (; renamed->older; renamed++) {
		if (!is_property(item, renamed->name) && !is_property(item, renamed->older))
			continue;
		return text("%s%s", has(properties, renamed->name) ? renamed->name : renamed->older,
			    value);
	}
	return text("%s", item);
}

char *properties_fit(const char *list, const struct renamed_property *renamed)
{
	char *properties = list_properties(list, strcspn(list, ",")), *copy = text("%s", list);
	char *item, *save, *fitted = NULL, *more, *whole;

	for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		more = fit(item, renamed, properties);
		whole = text("%s%s%s", fitted ? fitted : "", fitted ? "," : "", more);
		free(more);
		free(fitted);
		fitted = whole;
	}
	free(copy);
	free(properties);
	return fitted;
}
