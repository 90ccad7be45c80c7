/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel command lines, split into options by the kernel's rules */
#ifndef IOLU_CLI_TARGET_CMDLINE_H
#define IOLU_CLI_TARGET_CMDLINE_H

#include <stdbool.h>

/* The longest line that is read; x86 takes 2,047 bytes. */
#define CMDLINE_MAX	8192

/**
 * struct cmdline - A command line.
 * @option: Its options in order, @n of them. A word KEY=A,B is two options of one key. In a
 *	    key '-' is written as '_'. @text is NULL for a word without '='.
 * @complete: No option was left out for lack of room.
 */
struct cmdline {
	struct {
		const char *key, *text;
	} option[CMDLINE_MAX / 2];
	int n;
	bool complete;
	char room[2 * CMDLINE_MAX];
};

/* Split @line as the kernel does: quotes, commas, "--" ends the kernel's part. */
void cmdline_parse(struct cmdline *cmdline, const char *line);

/* The command line of the running kernel; false if it cannot be read. */
bool cmdline_of_running(struct cmdline *cmdline);

enum setting { UNSET, ON, OFF };

/* A key with a boolean value, as kstrtobool() reads it; the last valid value wins. */
enum setting cmdline_bool(const struct cmdline *cmdline, const char *key);

/* Is there an option of this key that begins with @option? @option NULL: a word of that key */
bool cmdline_has(const struct cmdline *cmdline, const char *key, const char *option);

#endif /* IOLU_CLI_TARGET_CMDLINE_H */
