/* SPDX-License-Identifier: GPL-2.0 */
/* Child processes that may hang. See child.c. */
#ifndef TESTOS_CHILD_H
#define TESTOS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Ten naps are enough for @body to begin. */
pid_t child_start(void (*body)(const void *arg), const void *arg);
bool child_ends(pid_t pid, unsigned int ms);
void child_kill(pid_t pid);

#endif /* TESTOS_CHILD_H */
