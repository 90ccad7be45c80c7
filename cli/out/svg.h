/* SPDX-License-Identifier: GPL-2.0-only */
/* A picture of the phases of an update */
#ifndef IOLU_CLI_OUT_SVG_H
#define IOLU_CLI_OUT_SVG_H

#include <stddef.h>

/* A phase, from and to in seconds since boot, with @sum microseconds of work in it */
struct svg_bar {
	const char *name;
	double from, to, sum;
};

/* Draw @n bars, one below the other, on one time scale; returns 0 or -errno. */
int svg_write(const char *path, const struct svg_bar *bars, size_t n);

#endif /* IOLU_CLI_OUT_SVG_H */
