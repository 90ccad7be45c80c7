// SPDX-License-Identifier: GPL-2.0
/*
 * The needs of a scenario. The scenario itself declares them: the static init is run on the
 * build machine as `init --needs NAME` and prints key=value lines. Options of the command line
 * override them. An unknown key or an invalid value is an error, never ignored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "needs.h"
#include "util.h"

#define BUSY_SLOWER	2	/* other work on the machine may double every time */
#define DEBUG_SLOWER	6	/* a debug kernel */
#define DEBUG_MEMORY	4096	/* MiB that are enough for a debug kernel as they are */

static void set_text(char *to, size_t size, const char *key, const char *value)
{
	if (strlen(value) >= size)
		die("the scenario's '%s' is longer than %zu characters", key, size - 1);
	strcpy(to, value);
}

static int set_number(const char *key, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end || n < 0 || n > 1000000)
		die("the scenario's '%s' is not a number: '%s'", key, value);
	return n;
}

#define SET_TEXT(field, size, usual) \
	if (!strcmp(key, #field)) { \
		set_text(needs->field, size, key, value); \
		return; \
	}
#define SET_NUMBER(field, usual) \
	if (!strcmp(key, #field)) { \
		needs->field = set_number(key, value); \
		return; \
	}
#define SET_FLAG(field) SET_NUMBER(field, false)

static void set_field(struct needs *needs, const char *key, const char *value)
{
	SCENARIO_FIELDS(SET_TEXT, SET_NUMBER, SET_FLAG)
	if (strcmp(key, "name"))
		die("init --needs printed the unknown key '%s'", key);
}

static void read_line(struct needs *needs, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		die("init --needs printed '%s' instead of key=value", line);
	*value++ = 0;
	set_field(needs, line, value);
}

static void set_models(struct needs *needs, const char *value, bool only_models)
{
	char *list = text("%s", value), *save, *p, *model;
	int i = 0;

	for (p = strtok_r(list, ", ", &save); p; p = strtok_r(NULL, ", ", &save), i++) {
		struct device_needs *d = &needs->device[i];

		if (i == MAX_DEVICES)
			die("at most %d NICs, not '%s'", MAX_DEVICES, value);
		if (!only_models || i >= needs->ndevices) {
			d->virtual = i && !strncmp(p, "vf:", 3);
			d->beside = i && !strncmp(p, "beside:", 7);
			d->bridges = d->virtual || d->beside || !strncmp(p, "root:", 5) ? 0 :
				     !strncmp(p, "switch:", 7) ? MAX_BRIDGES : 1;
		}
		model = strchr(p, ':');
		set_text(d->model, sizeof(d->model), "nics", model ? model + 1 : p);
	}
	if (!only_models || needs->ndevices < i)
		needs->ndevices = i;
	free(list);
}

/* The next NIC in the rest of the list @value, which moves on; NULL at its end */
static struct device_needs *next_listed(struct needs *needs, const char **rest, const char *value)
{
	char *end;
	long n;

	if (!**rest)
		return NULL;
	n = strtol(*rest, &end, 10);
	if (end == *rest || n < 0 || n >= MAX_DEVICES)
		die("the scenario's list of NICs '%s' is invalid", value);
	*rest = *end == ',' ? end + 1 : end;
	return &needs->device[n];
}

static void set_role(struct needs *needs, enum device_role role, const char *value)
{
	const char *rest = value;
	struct device_needs *d;

	while ((d = next_listed(needs, &rest, value)))
		d->role = role;
}

static void set_ats_required(struct needs *needs)
{
	const char *rest = needs->ats_required;
	struct device_needs *d;

	while ((d = next_listed(needs, &rest, needs->ats_required)))
		d->ats_required = true;
}

int needs_first(const struct needs *needs, int i)
{
	while (needs->device[i].virtual || needs->device[i].beside)
		i--;
	return i;
}

static void apply_options(struct needs *needs, const struct options *opt)
{
	size_t used = strlen(needs->cmdline);

	if (opt->smp)
		needs->smp = opt->smp;
	if (opt->mem)
		needs->mem = opt->mem;
	if (opt->updates) {
		needs->timeout = 60 + opt->updates * 8;
		needs->updates = opt->updates;
		snprintf(needs->cmdline + used, sizeof(needs->cmdline) - used, " lu.updates=%d",
			 opt->updates);
	}
	if (opt->stock)
		strcpy(needs->kernel, "stock");
	needs->debug = opt->debug || !strcmp(needs->kernel, "debug");
	needs->timeout *= needs->debug ? BUSY_SLOWER * DEBUG_SLOWER : BUSY_SLOWER;
	if (needs->debug && needs->mem < DEBUG_MEMORY)
		needs->mem *= 2;
	if (opt->timeout)
		needs->timeout = opt->timeout;
	if (opt->nic)
		set_models(needs, opt->nic, true);
}

static void ask(struct needs *needs, const char *init, const char *scenario, const char *platform)
{
	char line[1024], *cmd = text("'%s' --needs '%s' '%s'", init, scenario, platform);
	FILE *f = popen(cmd, "r");

	if (!f)
		die("cannot run %s: %s", init, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (*line)
			read_line(needs, line);
	}
	if (pclose(f))
		die("%s does not know a scenario '%s'; see %s --list", init, scenario, init);
	free(cmd);
}

#define USUAL_TEXT(field, size, usual)	.field = usual,
#define USUAL_NUMBER(field, usual)	.field = usual,
#define USUAL_FLAG(field)

void needs_read(struct needs *needs, const char *init, const struct options *opt,
		const char *platform)
{
	*needs = (struct needs){ SCENARIO_FIELDS(USUAL_TEXT, USUAL_NUMBER, USUAL_FLAG) };
	if (opt->scenario)
		ask(needs, init, opt->scenario, platform);
	set_models(needs, needs->nics, false);
	set_role(needs, ROLE_LEFT_BEHIND, needs->unpreserved);
	set_role(needs, ROLE_IDLE, needs->idle);
	set_role(needs, ROLE_ROGUE, needs->rogue);
	set_role(needs, ROLE_HOSTILE, needs->hostile);
	set_role(needs, ROLE_DISCARDED, needs->discarded);
	set_ats_required(needs);
	apply_options(needs, opt);
}
