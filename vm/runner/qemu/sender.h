/* SPDX-License-Identifier: GPL-2.0 */
/* Numbered frames for one NIC, from a thread at a steady rate. See sender.c. */
#ifndef VM_RUNNER_SENDER_H
#define VM_RUNNER_SENDER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The queue of frames for one NIC; tx[0..offered) holds the time at which each was due. */
struct sender {
	int fd;
	int qemu_fd;		/* the emulator's end of the socket, -1: of the shared link */
	int device;
	bool blank;		/* only interrupt messages after the addresses, for a hostile NIC */
	uint32_t message;
	bool addressed;		/* each frame to its device: others have the same link */
	unsigned int rate;	/* frames per second */
	unsigned int len;	/* bytes per frame */
	int64_t *tx;
	size_t offered;
	size_t pushed;		/* accepted by the socket, <= offered */
	size_t cap;
	uint64_t back_pressure;	/* sends refused with EAGAIN */
	uint64_t max_queued;	/* most bytes queued in the socket */
	int64_t last_tx;	/* when tx-stop took effect, 0 while sending */
	pthread_t thread;
	sem_t silent;		/* posted when nothing more is offered */
	atomic_bool stop;	/* offer nothing more */
	atomic_bool over;	/* do not push the remaining frames either */
	bool sending;
	bool joinable;
};

void sender_open(struct sender *s, int device, const uint32_t *message);

/* On the link of another sender, for a device that receives what is addressed to it */
void sender_share(struct sender *s, int device, const struct sender *link);
void sender_start(struct sender *s, unsigned int rate, unsigned int len);

/* Offer nothing more. Frames already offered may still be on their way. */
void sender_stop(struct sender *s);

/* The receiver is gone: drop the frames it has not read. */
void sender_end(struct sender *s);
void sender_close(struct sender *s);

#endif /* VM_RUNNER_SENDER_H */
