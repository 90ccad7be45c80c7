/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's clock beside the processor's. */
#ifndef IOLU_CLI_HOST_TSC_H
#define IOLU_CLI_HOST_TSC_H

#include <stdint.h>

/* How this kernel makes nanoseconds since its start out of the processor's count */
struct tsc_clock {
	uint64_t zero;
	uint32_t mult;
	uint16_t shift;
};

uint64_t tsc_now(void);

/* 0; -EOPNOTSUPP if this kernel's clock is another; or -errno */
int tsc_clock_read(struct tsc_clock *clock);

/* Nanoseconds since this kernel's start; less than 0 for a count of the kernel before */
int64_t tsc_clock_at(const struct tsc_clock *clock, uint64_t tsc);

#endif /* IOLU_CLI_HOST_TSC_H */
