/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations that fail on request. See failing.c. */
#ifndef TESTOS_FAILING_H
#define TESTOS_FAILING_H

#include <stdbool.h>

/* One operation; undo() gets its result. setup and undo may be NULL. */
struct sweep {
	const char *what;
	void (*setup)(void *arg);
	int (*step)(void *arg);
	void (*undo)(void *arg, int rc);
};

bool failing_possible(void);		/* the kernel has fault injection */
void failing_quietly(bool quietly);	/* complaints about memory are kept off the console */
void failing_begin(unsigned int nth);	/* the nth allocation of this task from now on */
bool failing_end(void);			/* did it come to that? */

/* The same for one of several threads, each with its own file */
int failing_open(void);
void failing_arm(int file, unsigned int nth);	/* 0: no more */

/*
 * Do it with the first, the second, the third ... allocation failing, until none is hit;
 * without undo() until it succeeds.
 */
void failing_sweep(const struct sweep *sweep, void *arg);

#endif /* TESTOS_FAILING_H */
