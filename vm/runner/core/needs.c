// SPDX-License-Identifier: GPL-2.0
/*
 * What a scenario needs. The scenario itself says so: the static init is run on the host as
 * `init --needs NAME` and prints key=value lines. Options of the command line win.
 * An unknown key or a value that makes no sense is an error, never ignored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "needs.h"

static void need_text(char *to, size_t size, const char *key, const char *value)
{
	if (strlen(value) >= size)
		die("the scenario's '%s' is longer than %zu characters", key, size - 1);
	strcpy(to, value);
}

static void need_nics(struct needs *needs, const char *value)
{
	char *list = text("%s", value), *save, *p, *model;
	int i = 0;

	for (p = strtok_r(list, ", ", &save); p; p = strtok_r(NULL, ", ", &save), i++) {
		if (i == MAX_NICS)
			die("a scenario can have %d NICs at most, not '%s'", MAX_NICS, value);
		needs->bridges[i] = !strncmp(p, "root:", 5) ? 0 : !strncmp(p, "switch:", 7) ?
				    MAX_BRIDGES : 1;
		model = strchr(p, ':');
		need_text(needs->model[i], sizeof(needs->model[i]), "nics", model ? model + 1 : p);
	}
	needs->nnics = i;
	free(list);
}

static void need_fate(struct needs *needs, enum fate fate, const char *value)
{
	const char *p = value;
	char *end;

	while (*p) {
		long n = strtol(p, &end, 10);

		if (end == p || n < 0 || n >= MAX_NICS)
			die("the scenario's list of NICs '%s' names none", value);
		needs->fate[n] = fate;
		p = *end == ',' ? end + 1 : end;
	}
}

static void need_line(struct needs *needs, char *line)
{
	const struct { const char *key; int *where; bool zero; } numbers[] = {
		{ "smp", &needs->smp, false }, { "mem", &needs->mem, false },
		{ "updates", &needs->updates, true }, { "timeout", &needs->timeout, false },
	};
	const struct { const char *key; char *where; size_t size; } texts[] = {
		{ "cmdline", needs->cmdline, sizeof(needs->cmdline) },
		{ "cmdline2", needs->cmdline2, sizeof(needs->cmdline2) },
		{ "qemu", needs->qemu, sizeof(needs->qemu) },
		{ "iommu", needs->iommu, sizeof(needs->iommu) },
		{ "kernel", needs->kernel, sizeof(needs->kernel) },
		{ "next", needs->next, sizeof(needs->next) },
	};
	char *value = strchr(line, '=');
	size_t i;

	if (!value)
		die("init --needs printed '%s', which is no key=value", line);
	*value++ = 0;
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(line, numbers[i].key) && (atoi(value) > 0 || numbers[i].zero)) {
			*numbers[i].where = atoi(value);
			return;
		} else if (!strcmp(line, numbers[i].key)) {
			return;		/* 0 = the default */
		}
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(line, texts[i].key)) {
			need_text(texts[i].where, texts[i].size, line, value);
			return;
		}
	if (!strcmp(line, "nics"))
		need_nics(needs, value);
	else if (!strcmp(line, "unpreserved"))
		need_fate(needs, LEFT_BEHIND, value);
	else if (!strcmp(line, "rogue"))
		need_fate(needs, STRANGER, value);
	else if (!strcmp(line, "discarded"))
		need_fate(needs, GIVEN_UP, value);
	else if (!strcmp(line, "expect_lost"))
		needs->expect_lost = atoi(value);
	else if (!strcmp(line, "command"))
		needs->command = atoi(value);
	else if (!strcmp(line, "systemd"))
		needs->systemd = atoi(value);
	else if (!strcmp(line, "kvm"))
		needs->kvm = atoi(value);
	else if (!strcmp(line, "kselftest"))
		needs->kselftest = atoi(value);
	else if (!strcmp(line, "older"))
		needs->older = atoi(value);
	else if (strcmp(line, "name") && strcmp(line, "platform"))
		die("init --needs printed the unknown key '%s'", line);
}

static void need_options(struct needs *needs, const struct options *opt)
{
	char *list, *save, *p;
	int i = 0;

	if (opt->smp)
		needs->smp = opt->smp;
	if (opt->mem)
		needs->mem = opt->mem;
	if (opt->updates) {
		needs->timeout = 60 + opt->updates * 8;
		needs->updates = opt->updates;
		snprintf(needs->cmdline + strlen(needs->cmdline),
			 sizeof(needs->cmdline) - strlen(needs->cmdline), " lu.updates=%d",
			 opt->updates);
	}
	needs->timeout *= BUSY_SLOWER;
	needs->debug = opt->debug || !strcmp(needs->kernel, "debug");
	if (needs->debug) {
		needs->timeout *= DEBUG_SLOWER;
		if (needs->mem < ROOMY)
			needs->mem *= 2;
	}
	if (opt->timeout)
		needs->timeout = opt->timeout;
	if (!opt->nic)
		return;
	list = text("%s", opt->nic);
	for (p = strtok_r(list, ",", &save); p && i < MAX_NICS; p = strtok_r(NULL, ",", &save))
		need_text(needs->model[i++], sizeof(needs->model[0]), "--nic", p);
	if (needs->nnics < i)
		needs->nnics = i;
	free(list);
}

void needs_read(struct needs *needs, const char *init, const struct options *opt)
{
	char line[1024], *cmd;
	FILE *f;

	*needs = (struct needs){ .smp = 2, .mem = 1024, .updates = 1, .timeout = 60 };
	if (opt->scenario) {
		cmd = text("'%s' --needs '%s'", init, opt->scenario);
		f = popen(cmd, "r");
		if (!f)
			die("cannot run %s: %s", init, strerror(errno));
		while (fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\n")] = 0;
			if (*line)
				need_line(needs, line);
		}
		if (pclose(f))
			die("%s does not know a scenario '%s'; see %s --list", init,
			    opt->scenario, init);
		free(cmd);
	} else {
		need_nics(needs, "igb");
	}
	need_options(needs, opt);
}
