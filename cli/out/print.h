/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers, lists of them, and the one place that prints. */
#ifndef IOLU_CLI_OUT_PRINT_H
#define IOLU_CLI_OUT_PRINT_H

#include "iolu.h"

enum answer { YES, NO, UNKNOWN };

/* The worse of two: a no outweighs an unknown. */
enum answer answer_worse(enum answer a, enum answer b);
int answer_code(enum answer answer);

/**
 * out_item() - Add an answer to a list.
 * @items: A JSON array that becomes part of what out_print() prints.
 * @group: What the item belongs to: "kernel", "target", "device", ...
 * @name: What was asked, or whom.
 * @answer: Whether the update can do it.
 * @todo: What to do about it, NULL for nothing.
 * @fmt: The reason.
 */
void out_item(struct json_object *items, const char *group, const char *name,
	      enum answer answer, const char *todo, const char *fmt, ...) PRINTF(6, 7);

/* The worst answer of a list; YES if it is empty */
enum answer out_worst(struct json_object *items);

/* Print @top as JSON or as text, and free it. */
void out_print(struct json_object *top, bool json);

#endif /* IOLU_CLI_OUT_PRINT_H */
