/* SPDX-License-Identifier: GPL-2.0 */
/* The drive behind an NVMe controller: it answers reads when a sender says so. See drive.c. */
#ifndef VM_RUNNER_DRIVE_H
#define VM_RUNNER_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside.h"
#include "sender.h"

#define DRIVE_BLOCK	512u
#define DRIVE_BYTES	(1u << 20)
#define DRIVE_READS	64	/* the emulator has 16 under way at a time */

/* A read that is not answered yet */
struct drive_read {
	uint64_t cookie, offset;
};

struct drive {
	struct outside outside;
	int frames;				/* socket */
	struct sender *link;
	struct drive_read read[DRIVE_READS];
	size_t nreads;
	uint8_t block[DRIVE_BLOCK];		/* the first frame that is not delivered */
	uint64_t seq;				/* its number */
	bool filled;
};

/* Take the frames of @link and wait for the emulator at drive_address(). */
void drive_open(struct drive *d, struct sender *link);
void drive_close(struct drive *d);

/* Of the drive's socket, in the abstract name space */
const char *drive_address(int device);

#endif /* VM_RUNNER_DRIVE_H */
