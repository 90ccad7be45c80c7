// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu: check, start and observe live updates that preserve IOMMU state.
 *
 * A verb is an entry of the table below, with its options and the meaning of its exit codes;
 * the help is generated from that entry. A verb collects data and leaves printing to
 * out/print.c. Only load, kexec, unpreserve and discard change the system.
 */
#include <errno.h>
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
	&verb_check, &verb_status, &verb_load, &verb_kexec, &verb_unpreserve, &verb_discard,
	&verb_report, &verb_metrics,
};

/* Options of all verbs */
static const struct opt common[] = {
	{ "json", NULL, "print JSON" },
	{ "root", "DIR", NULL },		/* for tests: read DIR instead of / */
	{ "help", NULL, "print options and exit codes" },
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

bool call_has(const struct call *call, const char *name, const char *value)
{
	int i;

	for (i = 0; i < call->ngiven; i++)
		if (!strcmp(call->given[i].opt->name, name) &&
		    !strcmp(call->given[i].value, value))
			return true;
	return false;
}

int call_fail(const struct call *call, int code, const char *fmt, ...)
{
	struct json_object *text;
	char raw[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	text = json_object_new_string(raw);
	out_escape(text, false);
	fprintf(stderr, "iolu %s: %s\n", call->verb->name, json_object_get_string(text));
	json_object_put(text);
	if (call->json) {
		struct json_object *top = json_object_new_object();

		json_object_object_add(top, "error", json_object_new_string(raw));
		out_print(top, true);
	}
	return code;
}

static void help_options(const struct opt *opt, size_t n)
{
	char left[40];

	for (; n-- && opt->name; opt++) {
		if (!opt->help)
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", opt->name, opt->arg ? " " : "",
			 opt->arg ? opt->arg : "");
		printf("  %-18s %s\n", left, opt->help);
	}
}

static int help_verb(const struct verb *verb)
{
	printf("usage: iolu %s [option ...]%s%s\n%s.\n\n", verb->name, *verb->operands ? " " : "",
	       verb->operands, verb->summary);
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
		fprintf(to, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
	fprintf(to, "\niolu VERB --help lists the options of a verb; the manual page is iolu(1).\n");
	return to == stdout ? EXIT_YES : EXIT_USAGE;
}

static int usage(const struct verb *verb, const char *why)
{
	if (why)
		fprintf(stderr, "iolu %s: %s\n", verb->name, why);
	fprintf(stderr, "try: iolu %s --help\n", verb->name);
	return EXIT_USAGE;
}

/* Fill in the table for getopt_long(); the value of an option is its index. */
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

/* Returns 0 or EXIT_USAGE. */
static int parse(struct call *call, int argc, char **argv)
{
	const struct opt *which[NCOMMON + VERB_OPTS];
	struct option options[NCOMMON + VERB_OPTS + 1];
	char name[32];
	int i;

	snprintf(name, sizeof(name), "iolu %s", call->verb->name);
	argv[0] = name;			/* getopt_long() begins its messages with it */
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
		return usage(call->verb, "too many operands");
	return 0;
}

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(name, verbs[i]->name))
			return verbs[i];
	return NULL;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };

	if (parse(&call, argc, argv))
		return EXIT_USAGE;
	if (call_get(&call, "help"))
		return help_verb(verb);
	host_set_root(call_get(&call, "root"));
	if (!host_is_real() && !host_has("/"))
		return call_fail(&call, EXIT_USAGE, "--root %s: no such directory",
				 call_get(&call, "root"));
	return verb->run(&call);
}

/* Output that could not be written is an error, whatever the answer was. */
static int finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "iolu: cannot write the output: %s\n", strerror(errno));
	return EXIT_UNKNOWN;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return !strcmp(word, a) || !strcmp(word, b) || !strcmp(word, c);
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	if (argc < 2)
		return help(stderr);
	if (is_one_of(argv[1], "--version", "-V", "version")) {
		printf("iolu %s\n", IOLU_VERSION);
		return finish(EXIT_YES);
	}
	if (is_one_of(argv[1], "--help", "-h", "help")) {
		verb = argc > 2 ? find_verb(argv[2]) : NULL;
		return finish(verb ? help_verb(verb) : help(stdout));
	}
	verb = find_verb(argv[1]);
	if (!verb) {
		fprintf(stderr, "iolu: unknown verb '%s'\n", argv[1]);
		return help(stderr);
	}
	return finish(run_verb(verb, argc - 1, argv + 1));
}
