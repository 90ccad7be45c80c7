// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time stamp counter is the only clock that continues over a kexec. The kernel publishes,
 * in a page for perf, the conversion to its own clock, which stamps traces and the log. So a
 * count noted by the previous kernel's iolu becomes a time before 0 of this kernel.
 *
 * No event is counted: the page is that of a dummy event.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "host/tsc.h"

uint64_t tsc_now(void)
{
	return __rdtsc();
}

static int copy(const volatile struct perf_event_mmap_page *page, struct tsc_clock *clock)
{
	uint32_t lock;

	do {
		lock = page->lock;
		__sync_synchronize();
		if (!page->cap_user_time_zero)
			return -EOPNOTSUPP;
		*clock = (struct tsc_clock){
			.zero = page->time_zero, .mult = page->time_mult,
			.shift = page->time_shift,
		};
		__sync_synchronize();
	} while (page->lock != lock);
	return 0;
}

int tsc_clock_read(struct tsc_clock *clock)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1,
	};
	long page = sysconf(_SC_PAGESIZE);
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC), rc;
	void *at;

	if (fd < 0)
		return -errno;
	at = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	rc = at == MAP_FAILED ? -errno : copy(at, clock);
	if (at != MAP_FAILED)
		munmap(at, page);
	close(fd);
	return rc;
}

int64_t tsc_clock_at(const struct tsc_clock *clock, uint64_t tsc)
{
	uint64_t whole = tsc >> clock->shift, rest = tsc & ((1ull << clock->shift) - 1);

	return clock->zero + whole * clock->mult + (rest * clock->mult >> clock->shift);
}
