/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_CANVAS_H
#define VM_RUNNER_CANVAS_H

#include <stdio.h>

#include "core/run.h"

#define BIN_NS		(50 * MSEC)
#define WIDTH		1200
#define HEIGHT		700
#define LEFT		92
#define RIGHT		1170
#define TOP		166
#define BOTTOM		500
#define RATE_TOP	540
#define RATE_BOTTOM	630
#define LABEL_ROWS	4
#define LABEL_PITCH	17

/* A picture while it is drawn */
struct picture {
	FILE *f;
	const struct run *run;
	int64_t from, to;	/* the time that it shows */
	int64_t zero;		/* the origin of the time axis */
	size_t most;		/* frames at the top of the upper panel */
	size_t most_in_bin;
	double label_end[LABEL_ROWS];
};

double x_at(const struct picture *p, int64_t t);
double y_at(const struct picture *p, size_t n);
void canvas_words(struct picture *p, double x, double y, const char *style, const char *s);
void canvas_line(struct picture *p, double x1, double y1, double x2, double y2, const char *style);
void canvas_label(struct picture *p, double x1, double x2, const char *s);
void canvas_time_axis(struct picture *p);
void canvas_count_axis(struct picture *p);

#endif /* VM_RUNNER_CANVAS_H */
