// SPDX-License-Identifier: GPL-2.0
/* The counters of a pool of huge pages, of all nodes together and of node 0, which is the only one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"

#define HUGEPAGES	"hugepages/hugepages-%llukB/%s"

static uint64_t counter(const char *root, uint64_t page, const char *name)
{
	char path[128], text[32];
	int n = snprintf(path, sizeof(path), "%s/", root);

	snprintf(path + n, sizeof(path) - n, HUGEPAGES, (unsigned long long)(page / KIB), name);
	if (file_read(path, text, sizeof(text)) < 0)
		bail_out("%s: %m", path);
	return strtoull(text, NULL, 10);
}

void pool_read(struct pool *pool, uint64_t page)
{
	static const char all[] = "/sys/kernel/mm", node[] = "/sys/devices/system/node/node0";

	pool->pages = counter(all, page, "nr_hugepages");
	pool->free = counter(all, page, "free_hugepages");
	pool->reserved = counter(all, page, "resv_hugepages");
	pool->surplus = counter(all, page, "surplus_hugepages");
	if (counter(node, page, "nr_hugepages") != pool->pages ||
	    counter(node, page, "free_hugepages") != pool->free)
		bail_out("node 0 has other huge pages than the pool");
}

void pool_resize(uint64_t page, uint64_t pages)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/mm/" HUGEPAGES, (unsigned long long)(page / KIB),
		 "nr_hugepages");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)pages);
	must_write(path, text);
}

uint64_t pool_vmemmap(void)
{
	static const char *const keys[] = { "nr_memmap_pages ", "nr_memmap_boot_pages " };
	char text[16384], *at;
	uint64_t pages = 0;
	unsigned int i;

	if (file_read("/proc/vmstat", text, sizeof(text)) < 0)
		bail_out("/proc/vmstat: %m");
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		at = strstr(text, keys[i]);
		pages += at ? strtoull(at + strlen(keys[i]), NULL, 10) : 0;
	}
	return pages;
}

void pool_same(const struct pool *was, uint64_t page, const char *when)
{
	struct pool is;
	char name[160];

	pool_read(&is, page);
	snprintf(name, sizeof(name), "the pool of %llu MiB pages is as it was %s",
		 (unsigned long long)(page / MIB), when);
	ok(is.pages == was->pages && is.free == was->free && is.reserved == was->reserved &&
	   is.surplus == was->surplus, name,
	   "%llu pages, %llu free, %llu reserved, %llu surplus; were %llu, %llu, %llu, %llu",
	   (unsigned long long)is.pages, (unsigned long long)is.free,
	   (unsigned long long)is.reserved, (unsigned long long)is.surplus,
	   (unsigned long long)was->pages, (unsigned long long)was->free,
	   (unsigned long long)was->reserved, (unsigned long long)was->surplus);
}
