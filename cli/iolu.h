/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Definitions shared by all verbs of iolu: the description of a verb, the arguments of a call,
 * and the exit codes.
 */
#ifndef IOLU_CLI_H
#define IOLU_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The exit codes of every verb; part of the interface (iolu(1)) */
enum { EXIT_YES = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_UNKNOWN = 3 };

struct call;

/**
 * struct opt - An option of a verb.
 * @name: Without the dashes.
 * @arg: The name of its argument in the help, NULL for an option without argument.
 * @help: One line for the help; NULL hides the option.
 */
struct opt {
	const char *name, *arg, *help;
};

#define VERB_OPTS	9

/**
 * struct verb - A verb: the first word of the command line.
 * @name: The word.
 * @operands: The operands in the usage line.
 * @min: The smallest number of operands.
 * @max: The largest number of operands.
 * @summary: One line for the list of verbs.
 * @codes: The meaning of the exit codes 0, 1 and 3 for this verb.
 * @opts: Options besides the common ones, ended by an entry without a name.
 * @run: Runs the verb and returns the exit code.
 */
struct verb {
	const char *name, *operands;
	int min, max;
	const char *summary, *codes;
	struct opt opts[VERB_OPTS + 1];
	int (*run)(struct call *call);
};

#define CALL_GIVEN	64

/**
 * struct call - The arguments of one call.
 * @verb: The verb.
 * @json: Print JSON.
 * @given: The options in the order of the command line, @ngiven of them.
 * @operand: The operands, @noperands of them.
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

/* The value of an option, the last if repeated; "" without argument; NULL if absent */
const char *call_get(const struct call *call, const char *name);

/* Was the option given with this value, among others? */
bool call_has(const struct call *call, const char *name, const char *value);

/* Print an error to stderr, with --json also to stdout as {"error": ...}; returns @code. */
int call_fail(const struct call *call, int code, const char *fmt, ...) PRINTF(3, 4);

extern const struct verb verb_check, verb_status, verb_load, verb_kexec, verb_unpreserve,
	verb_discard, verb_report, verb_metrics;

#endif /* IOLU_CLI_H */
