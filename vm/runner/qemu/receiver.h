/* SPDX-License-Identifier: GPL-2.0 */
/* Numbered frames from a guest, counted by a thread. See receiver.c. */
#ifndef VM_RUNNER_RECEIVER_H
#define VM_RUNNER_RECEIVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "frame.h"

struct receiver {
	int fd;
	struct frame_counts counts;	/* valid after receiver_end() */
	pthread_t thread;
	atomic_bool stop;
};

void receiver_start(struct receiver *r, int fd);
void receiver_end(struct receiver *r);

#endif /* VM_RUNNER_RECEIVER_H */
