// SPDX-License-Identifier: GPL-2.0
/*
 * Physical memory through /dev/mem: tables, registers and the guard are looked at where they
 * are, so that no kernel has to be believed.
 */
#include <fcntl.h>
#include <unistd.h>

#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"

#define PAGEMAP_PRESENT	(1ull << 63)
#define PAGEMAP_PFN	((1ull << 55) - 1)

/* False if there is no memory */
bool phys_try_read(void *to, uint64_t phys, uint64_t length)
{
	static int fd = -1;

	if (fd < 0)
		fd = must_open("/dev/mem", O_RDONLY);
	return pread(fd, to, length, phys) == (ssize_t)length;
}

void phys_read(void *to, uint64_t phys, uint64_t length)
{
	if (!phys_try_read(to, phys, length))
		bail_out("read physical memory at 0x%llx", (unsigned long long)phys);
}

uint64_t phys_read_u64(uint64_t phys)
{
	uint64_t value;

	phys_read(&value, phys, sizeof(value));
	return value;
}

static void *map(uint64_t phys, uint64_t length, int flags)
{
	int fd = must_open("/dev/mem", O_RDWR | flags);
	void *at = must_map(fd, length, phys, "physical memory");

	close(fd);
	return at;
}

void *phys_map(uint64_t phys, uint64_t length)
{
	return map(phys, length, 0);
}

volatile uint32_t *phys_map_regs(uint64_t phys, uint64_t length)
{
	return map(phys, length, O_SYNC);
}

/* Touches the page first, so that there is one. */
uint64_t phys_of(const volatile void *at)
{
	const uint64_t page = (uintptr_t)at / PAGE;
	static int fd = -1;
	uint64_t entry;

	if (fd < 0)
		fd = must_open("/proc/self/pagemap", O_RDONLY);
	(void)*(const volatile uint8_t *)at;
	if (pread(fd, &entry, sizeof(entry), page * sizeof(entry)) != sizeof(entry) ||
	    !(entry & PAGEMAP_PRESENT))
		bail_out("no page in memory at %p", (const void *)at);
	return (entry & PAGEMAP_PFN) * PAGE + (uintptr_t)at % PAGE;
}
