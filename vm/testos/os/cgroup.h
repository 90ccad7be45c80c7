/* SPDX-License-Identifier: GPL-2.0 */
/* A cgroup for a process. See cgroup.c. */
#ifndef TESTOS_CGROUP_H
#define TESTOS_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

void cgroup_make(const char *limit);	/* memory.max, as "8M" */
void cgroup_make_hugetlb(void);		/* huge pages count as memory, too */
void cgroup_limit(const char *what, const char *limit);	/* "hugetlb.2MB", "4M" or "max" */
uint64_t cgroup_hugetlb(uint64_t page, bool reserved);	/* bytes in pages of this size */
uint64_t cgroup_memory_hugetlb(void);	/* bytes in huge pages, of memory.stat */
void cgroup_enter(void);		/* for good, with all children */

#endif /* TESTOS_CGROUP_H */
