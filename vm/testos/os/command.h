/* SPDX-License-Identifier: GPL-2.0 */
/* The commands iolu and systemctl, run as an operator would. See command.c. */
#ifndef TESTOS_COMMAND_H
#define TESTOS_COMMAND_H

#include <stdbool.h>

/*
 * Runs /bin/iolu with these arguments, ended by NULL, and waits for it. What it printed is in
 * iolu_said() until the next call, and in the log. Returns its exit code, or 128 + signal.
 */
int iolu(const char *verb, ...) __attribute__((sentinel));
const char *iolu_said(void);

/* The same with systemctl, where there is systemd */
int systemctl(const char *verb, ...) __attribute__((sentinel));

/* A fact: the last run ended with @code and printed these words. */
bool iolu_tells(int rc, int code, const char *words, const char *name);

#endif /* TESTOS_COMMAND_H */
