// SPDX-License-Identifier: GPL-2.0
/* The command line of lurun: one table of options, their help text beside them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "util.h"

enum { OPT_FLAG, OPT_STRING, OPT_NUMBER };

static struct options parsed;

static const struct {
	const char *name;
	const char *arg;
	const char *help;
	int kind;
	void *where;
} table[] = {
	{ "story", NULL, "print the steps as they happen, then figures (default: TAP)",
	  OPT_FLAG, &parsed.story },
	{ "out", "DIR", "where the results go (default: out/test/SCENARIO[@PLATFORM])",
	  OPT_STRING, &parsed.out },
	{ "kernel", "BZIMAGE", "boot this kernel", OPT_STRING, &parsed.kernel },
	{ "stock", NULL, "boot the unpatched kernel; frames must be lost",
	  OPT_FLAG, &parsed.stock },
	{ "debug", NULL, "boot the debug kernel: slower, and a warning is fatal",
	  OPT_FLAG, &parsed.debug },
	{ "without-preserve", NULL, "preserve nothing; frames must be lost",
	  OPT_FLAG, &parsed.without_preserve },
	{ "nic", "MODEL,...", "use these NIC models instead of the scenario's",
	  OPT_STRING, &parsed.nic },
	{ "smp", "N", "number of CPUs", OPT_NUMBER, &parsed.smp },
	{ "mem", "MIB", "memory in MiB", OPT_NUMBER, &parsed.mem },
	{ "platform", "NAME", "the kind of IOMMU: vtd (the default) or amd",
	  OPT_STRING, &parsed.platform },
	{ "iommu", "PROPS", "more properties of the emulated IOMMU",
	  OPT_STRING, &parsed.iommu },
	{ "qemu-extra", "ARGS", "more arguments of the emulator",
	  OPT_STRING, &parsed.qemu_extra },
	{ "append", "ARGS", "more kernel parameters", OPT_STRING, &parsed.append },
	{ "timeout", "S", "hard limit in seconds (default: the scenario's)",
	  OPT_NUMBER, &parsed.timeout },
	{ "updates", "N", "number of updates in a row (update_many_times, huge_pages)",
	  OPT_NUMBER, &parsed.updates },
	{ "shell", NULL, "boot to a prompt on this terminal", OPT_FLAG, &parsed.shell },
	{ "help", NULL, "this text", OPT_FLAG, NULL },
};

#define NOPTIONS (ARRAY_SIZE(table))

static void print_help(void)
{
	char left[40];
	size_t i;

	puts("usage: lurun [options] vm/scenarios/NAME.c\n\n"
	     "Boot the test machine, replace its kernel while devices do DMA, judge the result.\n"
	     "Exit status: 0 pass (for a control: frames were lost), 1 fail,\n"
	     "2 the machine could not be set up.\n");
	for (i = 0; i < NOPTIONS; i++) {
		snprintf(left, sizeof(left), "--%s %s", table[i].name,
			 table[i].arg ? table[i].arg : "");
		printf("  %-22s %s\n", left, table[i].help);
	}
	exit(0);
}

static void store(size_t i, const char *value)
{
	char *end;

	if (!table[i].where)
		print_help();
	if (table[i].kind == OPT_FLAG) {
		*(bool *)table[i].where = true;
	} else if (table[i].kind == OPT_STRING) {
		*(const char **)table[i].where = value;
	} else {
		long n = strtol(value, &end, 10);

		if (*end || n <= 0 || n > 1000000)
			die("--%s needs a positive number, not '%s'", table[i].name, value);
		*(int *)table[i].where = n;
	}
}

/* vm/scenarios/NAME.c and NAME both mean NAME */
static const char *scenario_name(const char *path)
{
	const char *base = strrchr(path, '/');
	char *name = text("%s", base ? base + 1 : path);
	size_t n = strlen(name);

	if (n > 2 && !strcmp(name + n - 2, ".c"))
		name[n - 2] = 0;
	return name;
}

void options_parse(struct options *opt, int argc, char **argv)
{
	struct option longopts[NOPTIONS + 1] = {};
	size_t i;
	int c, at;

	for (i = 0; i < NOPTIONS; i++) {
		longopts[i].name = table[i].name;
		longopts[i].has_arg = table[i].arg ? required_argument : no_argument;
	}
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", longopts, &at)) == 0)
		store(at, optarg);
	if (c != -1)
		die("%s: unknown option or missing value; see lurun --help", argv[optind - 1]);
	if (optind + 1 < argc)
		die("more than one scenario given; see lurun --help");
	if (optind < argc)
		parsed.scenario = scenario_name(argv[optind]);
	else if (!parsed.shell)
		die("no scenario given, e.g. vm/scenarios/run.c; see lurun --help");
	*opt = parsed;
}
