/* SPDX-License-Identifier: GPL-2.0 */
/* A memory cgroup for a child process. See cgroup.c. */
#ifndef TESTOS_CGROUP_H
#define TESTOS_CGROUP_H

void cgroup_make(const char *limit);	/* memory.max, as "8M" */
void cgroup_enter(void);		/* for good, with all children */

#endif /* TESTOS_CGROUP_H */
