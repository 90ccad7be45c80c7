/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers, lists of answers, and the only code that prints them */
#ifndef IOLU_CLI_OUT_PRINT_H
#define IOLU_CLI_OUT_PRINT_H

#include "iolu.h"

enum answer { YES, NO, UNKNOWN };

/* The worse of two answers: no, then unknown, then yes */
enum answer answer_worse(enum answer a, enum answer b);
int answer_code(enum answer answer);
const char *answer_word(enum answer answer);

/**
 * out_item() - Append an answer to a list.
 * @items: A JSON array, part of the object given to out_print().
 * @group: The subject: "kernel", "target", "device", "load", "kexec".
 * @name: The name of the rule or object within the group.
 * @answer: The answer.
 * @todo: The remedy, NULL for none.
 * @fmt: The reason.
 */
void out_item(struct json_object *items, const char *group, const char *name,
	      enum answer answer, const char *todo, const char *fmt, ...) PRINTF(6, 7);

/* The worst answer of a list; YES for an empty list */
enum answer out_worst(struct json_object *items);

/* The same without the unknown answers whose names are values of option --accept */
enum answer out_worst_but_accepted(struct json_object *items, const struct call *call);

/**
 * out_escape() - Make all texts of a JSON value printable.
 * @value: The value; texts within are replaced.
 * @json: For JSON, where control characters need no escape.
 *
 * Bytes that are not valid UTF-8 become \xNN, and for people also control characters and
 * characters that change the direction of text.
 */
void out_escape(struct json_object *value, bool json);

/* Print @top as JSON or as text, and release it. */
void out_print(struct json_object *top, bool json);

#endif /* IOLU_CLI_OUT_PRINT_H */
