/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of a live update in the trace buffer of the kernel */
#ifndef IOLU_CLI_HOST_TRACE_H
#define IOLU_CLI_HOST_TRACE_H

#include <stdint.h>

/**
 * struct step - A traced step.
 * @name: "adopt", "attach_device", ...
 * @object: The domain's record or the device's name.
 * @end: The time of its end, in microseconds since the start of this kernel.
 * @ns: Its duration in nanoseconds.
 * @ret: 0 or -errno.
 */
struct step {
	char name[40], object[32];
	double end;
	int64_t ns;
	int ret;
};

struct steps {
	struct step *step;
	int n;
};

/* 0 or -errno; release it with trace_free(). */
int trace_read(struct steps *steps);

/* The time of this kernel's first program, in microseconds; -errno if its log lacks it. */
int trace_userspace(double *us);
void trace_free(struct steps *steps);

#endif /* IOLU_CLI_HOST_TRACE_H */
