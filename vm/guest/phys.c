// SPDX-License-Identifier: GPL-2.0
/*
 * Physical memory through /dev/mem: tables, registers and the guard are looked at where they
 * are, so that no kernel has to be believed.
 */
#include <fcntl.h>
#include <unistd.h>

#include "phys.h"
#include "report.h"
#include "util.h"

void phys_read(void *to, uint64_t phys, uint64_t length)
{
	static int fd = -1;

	if (fd < 0)
		fd = must_open("/dev/mem", O_RDONLY);
	if (pread(fd, to, length, phys) != (ssize_t)length)
		give_up("read physical memory at 0x%llx", (unsigned long long)phys);
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
