/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* TAP for the library's tests: facts are sentences, the plan comes last. */
#ifndef IOLU_TAP_H
#define IOLU_TAP_H

#include <stdbool.h>

/* @why: shown when the fact does not hold; may be NULL */
bool ok(bool holds, const char *fact, const char *why);
bool ok_rc(int rc, int expected, const char *fact, const char *reason);
int plan(void);		/* the exit status */

#endif /* IOLU_TAP_H */
