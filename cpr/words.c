// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's command line and environment. The journal has each as one blob: the words behind each
 * other, each with its NUL.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpr.h"

/* Variables of the unit that runs now; the saved ones are of a process that has ended. */
static const char *const of_unit[] = {
	CPR_ENV "=", "NOTIFY_SOCKET=", "LISTEN_", "FDSTORE=", "WATCHDOG_", "MAINPID=", "MANAGERPID",
	"INVOCATION_ID=", "JOURNAL_STREAM=", "SYSTEMD_", "MEMORY_PRESSURE_", "CREDENTIALS_DIRECTORY=",
	"RUNTIME_DIRECTORY=", "STATE_DIRECTORY=", "CACHE_DIRECTORY=", "LOGS_DIRECTORY=",
	"CONFIGURATION_DIRECTORY=",
};

static size_t count(char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

int cpr_pack(char *const *words, uint8_t **bytes, size_t *size)
{
	size_t i, n = 0;

	for (i = 0; words[i]; i++)
		n += strlen(words[i]) + 1;
	*size = n;
	*bytes = NULL;
	if (!n || n > CPR_MAX_WORDS)
		return cpr_fail(-E2BIG, "a command line or environment of %zu bytes", n);
	*bytes = malloc(n);
	if (!*bytes)
		return cpr_fail(-ENOMEM, "no memory for a command line");
	for (n = 0, i = 0; words[i]; n += strlen(words[i++]) + 1)
		strcpy((char *)*bytes + n, words[i]);
	return 0;
}

/* @words: with the text in one block, for the caller to free */
int cpr_unpack(const void *bytes, size_t size, char ***words)
{
	const char *from = bytes;
	size_t i, n = 0;
	char *text;

	if (!size || size > CPR_MAX_WORDS || !from[0] || from[size - 1])
		return cpr_fail(-EBADMSG, "the journal has no valid command line or environment");
	for (i = 0; i < size; i++)
		n += !from[i];
	*words = malloc((n + 1) * sizeof(**words) + size);
	if (!*words)
		return cpr_fail(-ENOMEM, "no memory for a command line");
	text = memcpy(*words + n + 1, bytes, size);
	for (i = 0; i < n; i++, text += strlen(text) + 1)
		(*words)[i] = text;
	(*words)[n] = NULL;
	return 0;
}

static bool is_of_unit(const char *variable)
{
	size_t i;

	for (i = 0; i < sizeof(of_unit) / sizeof(*of_unit); i++)
		if (!strncmp(variable, of_unit[i], strlen(of_unit[i])))
			return true;
	return false;
}

/* @saved, but for the variables of the unit, which are those of @now; NULL: no memory */
char **cpr_environment(char *const *saved, char *const *now)
{
	char **merged = calloc(count(saved) + count(now) + 1, sizeof(*merged));
	size_t n = 0;

	if (!merged)
		return NULL;
	for (; *saved; saved++)
		if (!is_of_unit(*saved))
			merged[n++] = *saved;
	for (; *now; now++)
		if (is_of_unit(*now))
			merged[n++] = *now;
	return merged;
}

/* -- differences -- */

static void print_words(FILE *f, char *const *words, size_t n)
{
	size_t i;

	if (!n)
		fputs("nothing", f);
	for (i = 0; i < n; i++)
		fprintf(f, "%s%s%s", i ? " " : "\"", words[i], i + 1 == n ? "\"" : "");
}

/* What of @now is in the place of what of @saved, for the caller to free; NULL: both are equal */
char *cpr_difference(char *const *now, char *const *saved)
{
	size_t n = count(now), m = count(saved), size;
	char *text = NULL;
	FILE *f;

	for (; n && m && !strcmp(*now, *saved); n--, m--, now++, saved++)
		;
	for (; n && m && !strcmp(now[n - 1], saved[m - 1]); n--, m--)
		;
	f = n || m ? open_memstream(&text, &size) : NULL;
	if (!f)
		return NULL;
	print_words(f, now, n);
	fputs(" in place of ", f);
	print_words(f, saved, m);
	fclose(f);
	return text;
}
