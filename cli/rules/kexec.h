/* SPDX-License-Identifier: GPL-2.0-only */
/* Losses by a kexec now; see kexec.c */
#ifndef IOLU_CLI_RULES_KEXEC_H
#define IOLU_CLI_RULES_KEXEC_H

#include <stdbool.h>

struct json_object;

/* Is systemd PID 1 of this host? */
bool under_systemd(void);

/* @expect: The value of --expect, NULL if not given. */
void check_kexec(struct json_object *items, const char *expect);

/* Part of it: the open sessions (kexec_sessions.c) */
void check_sessions(struct json_object *items, const char *expect);

#endif /* IOLU_CLI_RULES_KEXEC_H */
