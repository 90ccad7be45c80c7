// SPDX-License-Identifier: GPL-2.0-only
/*
 * Printing. A verb passes one JSON object. With --json it is printed unchanged. Otherwise its
 * members are printed for people: a list of answers as a checklist, another array of objects
 * as a table, an object as a block, a number or a text as a line.
 *
 * Colours repeat what the words say; they are used on a terminal only, and not if NO_COLOR is
 * set or TERM is dumb.
 */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out/print.h"

static const char *const words[] = { [YES] = "yes", [NO] = "no", [UNKNOWN] = "unknown" };
static const char *const colours[] = { "\033[32m", "\033[31m", "\033[33m" };

enum answer answer_worse(enum answer a, enum answer b)
{
	if (a == NO || b == NO)
		return NO;
	return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

int answer_code(enum answer answer)
{
	static const int codes[] = { EXIT_YES, EXIT_NO, EXIT_UNKNOWN };

	return codes[answer];
}

const char *answer_word(enum answer answer)
{
	return words[answer];
}

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

void out_item(struct json_object *items, const char *group, const char *name,
	      enum answer answer, const char *todo, const char *fmt, ...)
{
	struct json_object *item = json_object_new_object();
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	add_text(item, "group", group);
	add_text(item, "name", name);
	add_text(item, "answer", words[answer]);
	add_text(item, "reason", reason);
	if (todo)
		add_text(item, "todo", todo);
	json_object_array_add(items, item);
}

static const char *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		return "";
	return value ? json_object_get_string(value) : "?";
}

static enum answer answer_of(struct json_object *item)
{
	const char *word = member(item, "answer");

	return !strcmp(word, "yes") ? YES : !strcmp(word, "no") ? NO : UNKNOWN;
}

enum answer out_worst_but_accepted(struct json_object *items, const struct call *call)
{
	enum answer worst = YES;
	size_t i;

	for (i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		enum answer answer = answer_of(item);

		if (answer == UNKNOWN && call && call_has(call, "accept", member(item, "name")))
			answer = YES;
		worst = answer_worse(worst, answer);
	}
	return worst;
}

enum answer out_worst(struct json_object *items)
{
	return out_worst_but_accepted(items, NULL);
}

static bool in_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

static void print_answer(enum answer answer, int width)
{
	bool colour = in_colour();

	printf("%s%-*s%s", colour ? colours[answer] : "", width, words[answer],
	       colour ? "\033[0m" : "");
}

static int widest(struct json_object *list, const char *key)
{
	size_t i;
	int width = 0;

	for (i = 0; i < json_object_array_length(list); i++) {
		int n = strlen(member(json_object_array_get_idx(list, i), key));

		width = n > width ? n : width;
	}
	return width;
}

static void print_items(struct json_object *list)
{
	int width = widest(list, "name");
	const char *group = "";
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (strcmp(group, member(item, "group"))) {
			group = member(item, "group");
			printf("%s\n", group);
		}
		printf("  ");
		print_answer(answer_of(item), 9);
		printf("%-*s  %s\n", width, member(item, "name"), member(item, "reason"));
		if (*member(item, "todo"))
			printf("%*s-> %s\n", 11 + width + 2, "", member(item, "todo"));
	}
}

/* A key, with blanks for underscores */
static void print_key(const char *key, int width)
{
	int n = 0;

	for (; *key; key++, n++)
		putchar(*key == '_' ? ' ' : *key);
	printf("%*s", width > n ? width - n : 0, "");
}

static bool is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

static void print_row(struct json_object *list, size_t i)
{
	struct json_object *row = json_object_array_get_idx(list, i);
	struct json_object *first = json_object_array_get_idx(list, 0);

	printf("  ");
	json_object_object_foreach(first, key, unused) {
		struct json_object *value = json_object_object_get(row, key);
		int width = widest(list, key), least = strlen(key);

		(void)unused;
		width = width > least ? width : least;
		printf(is_number(value) ? "%*s  " : "%-*s  ", width, member(row, key));
	}
	putchar('\n');
}

/* Invariant: all rows have the same keys in the same order. */
static void print_table(const char *title, struct json_object *list)
{
	struct json_object *first = json_object_array_get_idx(list, 0);
	size_t i;

	print_key(title, 0);
	printf(":%s\n", first ? "" : " none");
	if (!first)
		return;
	printf("  ");
	json_object_object_foreach(first, key, value) {
		int width = widest(list, key), n = strlen(key);

		if (is_number(value) && width > n)
			printf("%*s", width - n, "");
		print_key(key, is_number(value) ? n : width > n ? width : n);
		printf("  ");
	}
	putchar('\n');
	for (i = 0; i < json_object_array_length(list); i++)
		print_row(list, i);
}

static void print_block(const char *title, struct json_object *block)
{
	int width = 0;

	json_object_object_foreach(block, name, unused) {
		int n = strlen(name);

		(void)unused;
		width = n > width ? n : width;
	}
	print_key(title, 0);
	printf(":\n");
	json_object_object_foreach(block, key, value) {
		printf("  ");
		print_key(key, width);
		printf("  %s\n", value ? json_object_get_string(value) : "not known");
	}
}

static void print_member(const char *key, struct json_object *value)
{
	if (!strcmp(key, "verdict")) {
		printf("verdict: ");
		print_answer(!strcmp(json_object_get_string(value), "yes") ? YES :
			     !strcmp(json_object_get_string(value), "no") ? NO : UNKNOWN, 0);
		putchar('\n');
	} else if (!strcmp(key, "items")) {
		print_items(value);
	} else if (json_object_is_type(value, json_type_array)) {
		print_table(key, value);
	} else if (json_object_is_type(value, json_type_object)) {
		print_block(key, value);
	} else {
		print_key(key, 0);
		printf(": %s\n", value ? json_object_get_string(value) : "not known");
	}
}

void out_print(struct json_object *top, bool json)
{
	out_escape(top, json);
	if (json) {
		puts(json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_SPACED |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	} else {
		json_object_object_foreach(top, key, value)
			print_member(key, value);
	}
	json_object_put(top);
}
