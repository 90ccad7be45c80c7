/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's clock and the time stamp counter */
#ifndef IOLU_CLI_HOST_TSC_H
#define IOLU_CLI_HOST_TSC_H

#include <stdint.h>

/* The conversion from the counter to nanoseconds since the start of this kernel */
struct tsc_clock {
	uint64_t zero;
	uint32_t mult;
	uint16_t shift;
};

uint64_t tsc_now(void);

/* 0; -EOPNOTSUPP if this kernel's clock is not the counter; or -errno */
int tsc_clock_read(struct tsc_clock *clock);

/* Nanoseconds since the start of this kernel; negative for a count before it */
int64_t tsc_clock_at(const struct tsc_clock *clock, uint64_t tsc);

#endif /* IOLU_CLI_HOST_TSC_H */
