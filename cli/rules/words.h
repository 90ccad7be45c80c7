/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the command line that a live update depends on */
#ifndef IOLU_CLI_RULES_WORDS_H
#define IOLU_CLI_RULES_WORDS_H

struct json_object;
struct cmdline;

/**
 * enum word_effect - The rule for an option.
 * @WORD_HARMLESS: It may differ.
 * @WORD_SAME: It must be in both command lines or in none.
 * @WORD_KEEP: If the running kernel has it the next one must have it.
 * @WORD_NEVER: The next kernel must not have it.
 * @WORD_FORGOTTEN: If the running kernel has the key the next one should have it, too.
 * @WORD_MISSED: If the running kernel has it the next one should have it, too.
 * @WORD_UNSURE: It should be the same; the effect of a difference depends on the hardware.
 */
enum word_effect {
	WORD_HARMLESS, WORD_SAME, WORD_KEEP, WORD_NEVER, WORD_FORGOTTEN, WORD_MISSED,
	WORD_UNSURE,
};

/**
 * struct word_rule - A rule for options of the command line.
 * @key: The key, with '_' for '-'.
 * @option: The beginning of the option, "" for every option, NULL for a word without '='.
 * @effect: The rule; the first one that fits an option counts.
 * @changes: The object that the option changes; for @WORD_NEVER a predicate.
 */
struct word_rule {
	const char *key, *option;
	enum word_effect effect;
	const char *changes;
};

/* Compare all such words of both command lines, both ways, and append items. */
void words_check(struct json_object *items, const struct cmdline *now,
		 const struct cmdline *next);

#endif /* IOLU_CLI_RULES_WORDS_H */
