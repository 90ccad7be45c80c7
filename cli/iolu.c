// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu: look at and drive live updates that carry IOMMU state.
 *
 * A verb is an entry of a table, with its options and the meaning of its exit codes; its help
 * is made of that entry. A verb collects data and leaves printing to out/print.c. Nothing changes
 * the system but load, kexec and discard.
 */
#include <getopt.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "iolu.h"
#include "out/print.h"

static const struct verb *const verbs[] = {
	&verb_check, &verb_status, &verb_load, &verb_kexec, &verb_discard, &verb_report,
	&verb_metrics,
};

/* Options that all verbs have */
static const struct opt common[] = {
	{ "json", NULL, "print JSON" },
	{ "root", "DIR", "look at DIR instead of / (for tests)" },
	{ "help", NULL, "say what there is" },
};

#define NCOMMON		ARRAY_SIZE(common)

const char *call_get(const struct call *call, const char *name)
{
	const char *value = NULL;
	int i;

	for (i = 0; i < call->ngiven; i++)
		if (!strcmp(call->given[i].opt->name, name))
			value = call->given[i].value;
	return value;
}

int call_fail(const struct call *call, int code, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "iolu %s: %s\n", call->verb->name, text);
	if (call->json) {
		struct json_object *top = json_object_new_object();

		json_object_object_add(top, "error", json_object_new_string(text));
		out_print(top, true);
	}
	return code;
}

static void help_options(const struct opt *opt, size_t n)
{
	char left[40];

	for (; n-- && opt->name; opt++) {
		snprintf(left, sizeof(left), "--%s%s%s", opt->name, opt->arg ? " " : "",
			 opt->arg ? opt->arg : "");
		printf("  %-18s %s\n", left, opt->what);
	}
}

static int help_verb(const struct verb *verb)
{
	printf("usage: iolu %s [option ...]%s%s\n%s.\n\n", verb->name, *verb->operands ? " " : "",
	       verb->operands, verb->what);
	help_options(verb->opts, VERB_OPTS);
	help_options(common, NCOMMON);
	printf("\nexit codes: %s; 2 wrong usage\n", verb->codes);
	return EXIT_YES;
}

static int help(FILE *to)
{
	size_t i;

	fprintf(to, "usage: iolu VERB [option ...]\n\n");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(to, "  %-8s %s\n", verbs[i]->name, verbs[i]->what);
	fprintf(to, "\niolu VERB --help says more; iolu(1) explains.\n");
	return to == stdout ? EXIT_YES : EXIT_USAGE;
}

static int usage(const struct verb *verb, const char *why)
{
	if (why)
		fprintf(stderr, "iolu %s: %s\n", verb->name, why);
	fprintf(stderr, "try: iolu %s --help\n", verb->name);
	return EXIT_USAGE;
}

/* What getopt_long() wants; an option's value is its place in the table. */
static void fill(struct option *to, const struct opt **which, const struct verb *verb)
{
	size_t i, n = 0;

	for (i = 0; i < NCOMMON; i++)
		which[n++] = &common[i];
	for (i = 0; verb->opts[i].name; i++)
		which[n++] = &verb->opts[i];
	for (i = 0; i < n; i++)
		to[i] = (struct option){ which[i]->name, which[i]->arg ? required_argument :
					 no_argument, NULL, i };
	to[n] = (struct option){ NULL, 0, NULL, 0 };
}

/* 0, or EXIT_USAGE */
static int parse(struct call *call, int argc, char **argv)
{
	const struct opt *which[NCOMMON + VERB_OPTS];
	struct option options[NCOMMON + VERB_OPTS + 1];
	int i;

	fill(options, which, call->verb);
	while ((i = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (i == '?')
			return usage(call->verb, NULL);
		if (call->ngiven == CALL_GIVEN)
			return usage(call->verb, "too many options");
		call->given[call->ngiven].opt = which[i];
		call->given[call->ngiven++].value = optarg ? optarg : "";
	}
	call->operand = argv + optind;
	call->noperands = argc - optind;
	call->json = call_get(call, "json");
	if (call_get(call, "help"))
		return 0;
	if (call->noperands < call->verb->min)
		return usage(call->verb, "an operand is missing");
	if (call->noperands > call->verb->max)
		return usage(call->verb, "there are too many operands");
	return 0;
}

int main(int argc, char **argv)
{
	struct call call = {};
	size_t i;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")))
		return help(stdout);
	for (i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i]->name))
			call.verb = verbs[i];
	if (!call.verb)
		return help(stderr);
	if (parse(&call, argc - 1, argv + 1))
		return EXIT_USAGE;
	if (call_get(&call, "help"))
		return help_verb(call.verb);
	host_set_root(call_get(&call, "root"));
	return call.verb->run(&call);
}
