// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel command lines. The rules are those of parse_args() in kernel/params.c: words are
 * split at blanks outside of double quotes, '-' and '_' are equal in a key, and "--" ends the
 * kernel's part.
 */
#include <ctype.h>
#include <string.h>

#include "host/files.h"
#include "target/cmdline.h"

/* As kstrtobool() reads it */
static enum setting bool_of(const char *value, enum setting before)
{
	switch (tolower((unsigned char)*value)) {
	case '1':
	case 'y':
	case 't':
		return ON;
	case '0':
	case 'n':
	case 'f':
		return OFF;
	case 'o':
		if (tolower((unsigned char)value[1]) == 'n')
			return ON;
		if (tolower((unsigned char)value[1]) == 'f')
			return OFF;
	}
	return before;
}

static void add_option(struct cmdline *cmdline, const char *key, const char *text)
{
	if (cmdline->n == ARRAY_SIZE(cmdline->option)) {
		cmdline->complete = false;
		return;
	}
	cmdline->option[cmdline->n].key = key;
	cmdline->option[cmdline->n++].text = text;
}

static void add_word(struct cmdline *cmdline, char *word)
{
	char *value = strchr(word, '='), *option, *c;

	if (value)
		*value++ = '\0';
	for (c = word; *c; c++)
		if (*c == '-')
			*c = '_';
	if (!value)
		add_option(cmdline, word, NULL);
	while ((option = strsep(&value, ",")))
		add_option(cmdline, word, option);
}

/* Copy the word at *@at without its quotes, and advance *@at behind it; returns its end. */
static char *copy_word(const char **at, char *out, const char *end)
{
	bool quoted = false;

	for (; **at && (quoted || !isspace((unsigned char)**at)); ++*at) {
		if (**at == '"')
			quoted = !quoted;
		else if (out + 1 < end)
			*out++ = **at;
	}
	*out++ = '\0';
	return out;
}

void cmdline_parse(struct cmdline *cmdline, const char *line)
{
	const char *end = cmdline->room + sizeof(cmdline->room);
	char *word = cmdline->room, *next;

	cmdline->n = 0;
	cmdline->complete = strlen(line) < CMDLINE_MAX;
	while (*line && word < end) {
		if (isspace((unsigned char)*line)) {
			line++;
			continue;
		}
		next = copy_word(&line, word, end);
		if (!strcmp(word, "--"))
			return;
		add_word(cmdline, word);
		word = next;
	}
}

bool cmdline_of_running(struct cmdline *cmdline)
{
	char line[HOST_CMDLINE_ROOM];
	int rc = host_cmdline(line);

	cmdline_parse(cmdline, line);
	return !rc;
}

enum setting cmdline_bool(const struct cmdline *cmdline, const char *key)
{
	enum setting setting = UNSET;
	int i;

	for (i = 0; i < cmdline->n; i++)
		if (!strcmp(cmdline->option[i].key, key) && cmdline->option[i].text)
			setting = bool_of(cmdline->option[i].text, setting);
	return setting;
}

bool cmdline_has(const struct cmdline *cmdline, const char *key, const char *option)
{
	int i;

	for (i = 0; i < cmdline->n; i++) {
		const char *text = cmdline->option[i].text;

		if (strcmp(cmdline->option[i].key, key))
			continue;
		if (!option || (text && !strncmp(text, option, strlen(option))))
			return true;
	}
	return false;
}
