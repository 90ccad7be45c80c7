/* SPDX-License-Identifier: GPL-2.0 */
/* A device, or the part behind one, that a thread serves outside the emulator. See outside.c. */
#ifndef VM_RUNNER_OUTSIDE_H
#define VM_RUNNER_OUTSIDE_H

#include <pthread.h>

struct outside {
	int listener, emulator, stop;	/* sockets, the second one -1 before a connection; an eventfd */
	pthread_t thread;
};

/*
 * Run @loop with @arg in a thread that waits for the emulator at @address (see listen_at()) and
 * ends when the eventfd is readable.
 */
void outside_open(struct outside *o, const char *address, void *(*loop)(void *), void *arg);
void outside_close(struct outside *o);

#endif /* VM_RUNNER_OUTSIDE_H */
