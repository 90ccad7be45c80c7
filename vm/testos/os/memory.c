// SPDX-License-Identifier: GPL-2.0
/*
 * All that moves, drops or reclaims memory in a running system: a device's memory must survive
 * it until iommufd has pinned the memory.
 *
 * Compaction needs something to compact: a memfd whose pages alternate with pages that are
 * free then. Its pages are ordinary ones, so where they go shows that compaction worked.
 * Memory pressure stays far below the OOM killer's threshold.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/memory.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "story/vm.h"

#define HUGE		(2 * MIB)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif
#define SPREAD		(16 * MIB)

void memory_drop_caches(void)
{
	must_write("/proc/sys/vm/drop_caches", "3");
}

static uint64_t meminfo(const char *key)
{
	char text[4096], *at;

	if (file_read("/proc/meminfo", text, sizeof(text)) < 0 || !(at = strstr(text, key)))
		bail_out("/proc/meminfo has no %s", key);
	return strtoull(at + strlen(key), NULL, 10) * KIB;
}

uint64_t memory_total(void)
{
	return meminfo("MemTotal:");
}

uint64_t memory_commit_limit(void)
{
	return meminfo("CommitLimit:");
}

uint64_t memory_slab(void)
{
	return meminfo("SUnreclaim:");
}

/* Free pages, with those that wait on the lists of the CPUs: MemFree leaves these out. */
uint64_t memory_free(void)
{
	uint64_t pages = 0, n;
	char line[256];
	FILE *f = fopen("/proc/zoneinfo", "r");

	if (!f)
		bail_out("/proc/zoneinfo: %m");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " nr_free_pages %" SCNu64, &n) == 1 ||
		    sscanf(line, " count: %" SCNu64, &n) == 1)
			pages += n;
	fclose(f);
	return pages * PAGE;
}

uint64_t memory_left(void)
{
	return memory_free() + memory_slab();
}

static uint8_t *anonymous(uint64_t size)
{
	uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		bail_out("%llu bytes of memory: %s", (unsigned long long)size, strerror(errno));
	return at;
}

/* Three quarters of all memory, each page written. */
void memory_pressure(void)
{
	uint64_t size = meminfo("MemAvailable:") / 4 * 3 & ~(PAGE - 1), i;
	uint8_t *at = anonymous(size);

	for (i = 0; i < size; i += PAGE)
		memset(at + i, 0xa5, PAGE);
	munmap(at, size);
}

static uint64_t moved(const uint8_t *at, const uint64_t *phys)
{
	uint64_t i, n = 0;

	for (i = 0; i < SPREAD / PAGE; i++)
		n += phys_of(at + i * PAGE) != phys[i];
	return n;
}

uint64_t memory_compact(void)
{
	static uint64_t phys[SPREAD / PAGE];
	uint8_t *between = anonymous(SPREAD), *at;
	int fd = vm_memfd(SPREAD, 0);
	uint64_t i, n;

	at = must_map(fd, SPREAD, 0, "ordinary memory");
	for (i = 0; i < SPREAD / PAGE; i++) {
		at[i * PAGE] = between[i * PAGE] = 1;
		phys[i] = phys_of(at + i * PAGE);
	}
	munmap(between, SPREAD);
	must_write("/proc/sys/vm/compact_memory", "1");
	n = moved(at, phys);
	munmap(at, SPREAD);
	close(fd);
	return n;
}

/* The mapping must be aligned as the file is. */
int memory_collapse(int memfd)
{
	uint8_t *room = anonymous(2 * HUGE), *at;
	int rc;

	at = (uint8_t *)(((uintptr_t)room + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	at = mmap(at, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memfd, 0);
	if (at == MAP_FAILED)
		bail_out("map memory aligned: %s", strerror(errno));
	for (rc = 0; rc < (int)(HUGE / PAGE); rc++)
		phys_of(at + rc * PAGE);
	rc = madvise(at, HUGE, MADV_COLLAPSE) ? -errno : 0;
	munmap(room, 2 * HUGE);
	return rc;
}

int memory_collapse_other(void)
{
	int rc, fd = vm_memfd(2 * HUGE, 0);

	must_write("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "advise");
	rc = memory_collapse(fd);
	close(fd);
	return rc;
}

int memory_punch_hole(int memfd, uint64_t at, uint64_t length)
{
	return fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, length) ?
	       -errno : 0;
}

/* The page is this process's, too. The error kills the child, which has asked for it. */
void memory_break(void *at)
{
	uint64_t broken = meminfo("HardwareCorrupted:");
	pid_t pid = fork();

	if (!pid) {
		madvise(at, PAGE, MADV_HWPOISON);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (meminfo("HardwareCorrupted:") == broken)
		bail_out("no memory error could be made at %p", at);
}

/* Memory that was freed while a device may write to it becomes a process's memory here. */
uint64_t memory_words_changed(uint64_t bytes)
{
	const uint64_t filler = 0xa5a5a5a5a5a5a5a5ull;
	uint64_t *hog = malloc(bytes), changed = 0, i;

	if (!hog)
		bail_out("no memory");
	memset(hog, 0xa5, bytes);
	sleep_ms(1500);
	for (i = 0; i < bytes / sizeof(*hog); i++)
		changed += hog[i] != filler;
	free(hog);
	return changed;
}
