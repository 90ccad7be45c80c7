/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's log line about a refusal. See klog.c. */
#ifndef TESTOS_KLOG_H
#define TESTOS_KLOG_H

#include <stdbool.h>

void klog_skip(void);
bool klog_says(const char *words);	/* since the last look */
bool klog_said(const char *words);	/* since the kernel began */
void klog_say_from(const char *words, unsigned int lines);	/* from the first line with @words */

/* A fact: refused with this errno, and since the last look the log has a line with @words. */
bool refused(int rc, int expected, const char *words, const char *name);

#endif /* TESTOS_KLOG_H */
