/* SPDX-License-Identifier: GPL-2.0 */
/* The channel to the runner: marks, facts, figures. See report.c. */
#ifndef TESTOS_REPORT_H
#define TESTOS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

void report_open(unsigned int facts_so_far, bool echo);
unsigned int report_facts(void);
void report_hello(int stage, uint64_t tsc);
void report_plan(void);
void report_end(void);

void mark(const char *name);
void mark_nic(int nic, const char *what);	/* "quiet": it may not write from now on; "used" */
void tx_start(int nic, unsigned int rate, unsigned int len);
void tx_stop(int nic);
void monitor(const char *fmt, ...) PRINTF(1, 2);	/* a command for the emulator */

/* Facts: the name is a sentence, why is shown when it does not hold. Returns @holds. */
bool ok(bool holds, const char *name, const char *why, ...) PRINTF(3, 4);
bool ok_rc(int rc, const char *name);
bool ok_errno(int rc, int expected, const char *name);
bool ok_nic(int nic, bool holds, const char *name, const char *why, ...) PRINTF(4, 5);

void fig(const char *key, uint64_t value);
void fig_nic(int nic, const char *key, uint64_t value);
void diag(const char *fmt, ...) PRINTF(1, 2);

/* A step without which nothing can be shown has failed: says so and powers off. */
_Noreturn void bail_out(const char *fmt, ...) PRINTF(1, 2);
_Noreturn void power_off(void);

#endif /* TESTOS_REPORT_H */
