// SPDX-License-Identifier: GPL-2.0
/* NUMA nodes: where new pages come from, and where a page is. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/numa.h"
#include "os/report.h"

bool numa_has(unsigned int node)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u", node);
	return !access(path, F_OK);
}

unsigned int numa_nodes(void)
{
	unsigned int n = 0;

	while (numa_has(n))
		n++;
	return n;
}

void numa_prefer(int node)
{
	unsigned long mask = node == NUMA_ANY ? 0 : 1ul << node;

	if (syscall(SYS_set_mempolicy, mask ? MPOL_PREFERRED : MPOL_DEFAULT, &mask, 8 * sizeof(mask)))
		bail_out("prefer node %d: %s", node, strerror(errno));
}

unsigned int numa_node_of(const void *at)
{
	int node;

	if (syscall(SYS_get_mempolicy, &node, NULL, 0ul, at, MPOL_F_NODE | MPOL_F_ADDR))
		bail_out("the node of the page at %p: %s", at, strerror(errno));
	return node;
}
