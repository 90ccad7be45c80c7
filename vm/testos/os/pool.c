// SPDX-License-Identifier: GPL-2.0
/* The counters of a pool of huge pages, of all nodes together and of each; a file of the pool. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/numa.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"

#define ALL_NODES	"/sys/kernel/mm"
#define NODE		"/sys/devices/system/node/node%u"
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

void pool_read_node(struct pool *pool, uint64_t page, unsigned int node)
{
	char root[64];

	snprintf(root, sizeof(root), NODE, node);
	pool->pages = counter(root, page, "nr_hugepages");
	pool->free = counter(root, page, "free_hugepages");
	pool->reserved = 0;
	pool->surplus = counter(root, page, "surplus_hugepages");
}

void pool_read(struct pool *pool, uint64_t page)
{
	struct pool sum = {}, one;
	unsigned int node;

	pool->pages = counter(ALL_NODES, page, "nr_hugepages");
	pool->free = counter(ALL_NODES, page, "free_hugepages");
	pool->reserved = counter(ALL_NODES, page, "resv_hugepages");
	pool->surplus = counter(ALL_NODES, page, "surplus_hugepages");
	for (node = 0; numa_has(node); node++) {
		pool_read_node(&one, page, node);
		sum.pages += one.pages;
		sum.free += one.free;
		sum.surplus += one.surplus;
	}
	if (sum.pages != pool->pages || sum.free != pool->free || sum.surplus != pool->surplus)
		bail_out("the nodes have other huge pages than the pool");
}

void pool_resize(uint64_t page, uint64_t pages)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), ALL_NODES "/" HUGEPAGES, (unsigned long long)(page / KIB),
		 "nr_hugepages");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)pages);
	must_write(path, text);
}

int pool_file(uint64_t size)
{
	int fd;

	mkdir("/huge", 0700);
	fd = mount("hugetlbfs", "/huge", "hugetlbfs", 0, "pagesize=2M") ? -1 :
	     open(POOL_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, size))
		bail_out("a file of hugetlbfs: %s", strerror(errno));
	return fd;
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
