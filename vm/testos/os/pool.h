/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's pools of huge pages. See pool.c. */
#ifndef TESTOS_POOL_H
#define TESTOS_POOL_H

#include <stdint.h>

struct pool {
	uint64_t pages;
	uint64_t free;
	uint64_t reserved;
	uint64_t surplus;
};

#define POOL_2M		(2 * MIB)
#define POOL_1G		(1024 * MIB)
#define POOL_FILE	"/huge/file"

void pool_read(struct pool *pool, uint64_t page);
void pool_read_node(struct pool *pool, uint64_t page, unsigned int node);	/* reserved: 0 */
void pool_resize(uint64_t page, uint64_t pages);
int pool_file(uint64_t size);		/* POOL_FILE, in a hugetlbfs of pages of 2 MiB */
uint64_t pool_vmemmap(void);		/* pages that hold the kernel's struct page */
void pool_same(const struct pool *was, uint64_t page, const char *when);

#endif /* TESTOS_POOL_H */
