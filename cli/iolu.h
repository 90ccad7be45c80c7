/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs of iolu share: how a verb is described, what it was called with, and how it
 * ends. See iolu.c.
 */
#ifndef IOLU_CLI_H
#define IOLU_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The exit codes of every verb */
enum { EXIT_YES = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_UNKNOWN = 3 };

struct call;

/* An option: @arg names its argument, NULL if it has none. */
struct opt {
	const char *name, *arg, *what;
};

#define VERB_OPTS	7

/**
 * struct verb - What iolu can be asked.
 * @name: The word on the command line.
 * @operands: How its operands are called in the usage line.
 * @min: The least number of operands.
 * @max: The greatest.
 * @what: One line for the list of verbs.
 * @codes: What the exit codes 0, 1 and 3 mean here.
 * @opts: Its options besides those that all verbs have, ended by one without a name.
 * @run: Does it; returns the exit code.
 */
struct verb {
	const char *name, *operands;
	int min, max;
	const char *what, *codes;
	struct opt opts[VERB_OPTS + 1];
	int (*run)(struct call *call);
};

#define CALL_GIVEN	64

/**
 * struct call - A verb as it was called.
 * @verb: The verb.
 * @json: Print JSON.
 * @given: Options in the order in which they were given, @ngiven of them.
 * @operand: @noperands of them.
 */
struct call {
	const struct verb *verb;
	bool json;
	struct {
		const struct opt *opt;
		const char *value;
	} given[CALL_GIVEN];
	int ngiven;
	char **operand;
	int noperands;
};

/* The value of an option, the last one given; "" for one without argument; NULL if not given. */
const char *call_get(const struct call *call, const char *name);

/* Say why the verb ends here, on stderr and with --json on stdout; returns @code. */
int call_fail(const struct call *call, int code, const char *fmt, ...) PRINTF(3, 4);

extern const struct verb verb_check, verb_status, verb_load, verb_kexec, verb_discard,
	verb_report, verb_metrics;

#endif /* IOLU_CLI_H */
