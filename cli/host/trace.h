/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of a live update in the kernel's trace buffer. */
#ifndef IOLU_CLI_HOST_TRACE_H
#define IOLU_CLI_HOST_TRACE_H

#include <stdint.h>

/**
 * struct step - One step that was traced.
 * @name: "adopt", "attach_device", ...
 * @object: The domain's record or the device's name.
 * @end: When it was done, in microseconds since this kernel was booted.
 * @ns: How long it took, in nanoseconds.
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

/* 0 or -errno; to be freed by trace_free(). */
int trace_read(struct steps *steps);

/* When this kernel ran its first program, in microseconds; 0 or -errno if its log tells not. */
int trace_userspace(double *us);
void trace_free(struct steps *steps);

#endif /* IOLU_CLI_HOST_TRACE_H */
