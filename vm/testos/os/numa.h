/* SPDX-License-Identifier: GPL-2.0 */
/* NUMA nodes. See numa.c. */
#ifndef TESTOS_NUMA_H
#define TESTOS_NUMA_H

#include <stdbool.h>

#define NUMA_ANY	-1

bool numa_has(unsigned int node);
unsigned int numa_nodes(void);
void numa_prefer(int node);		/* where this process gets new pages from */
unsigned int numa_node_of(const void *at);	/* of a page of this process */

#endif /* TESTOS_NUMA_H */
