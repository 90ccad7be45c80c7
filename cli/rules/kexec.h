/* SPDX-License-Identifier: GPL-2.0-only */
/* Losses by a kexec now; see kexec.c */
#ifndef IOLU_CLI_RULES_KEXEC_H
#define IOLU_CLI_RULES_KEXEC_H

#include <stdbool.h>

struct json_object;

/* 1: the kernel leaves no session behind, and refuses the kexec instead */
#define KEXEC_STRICT	"/sys/kernel/liveupdate/strict"

/* Is systemd PID 1 of this host? */
bool under_systemd(void);

/*
 * @expect: The value of --expect, NULL if not given.
 * @strict: No session may be left behind.
 */
void check_kexec(struct json_object *items, const char *expect, bool strict);

/* Part of it: the open sessions (kexec_sessions.c) */
void check_sessions(struct json_object *items, const char *expect, bool strict);

#endif /* IOLU_CLI_RULES_KEXEC_H */
