/* SPDX-License-Identifier: GPL-2.0 */
/* How promptly the emulator's main loop answers. See pulse.c. */
#ifndef VM_RUNNER_PULSE_H
#define VM_RUNNER_PULSE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The emulator's main loop did not answer. */
struct pause {
	int64_t from;
	int64_t to;
};

struct pulse {
	int fd;
	int qemu_fd;		/* the emulator's end of the socket */
	struct pause *pauses;
	size_t npauses, cap;
	size_t answers;
	int64_t longest;	/* pause, ns */
	pthread_t thread;
	atomic_bool stop;
	const char *dump;	/* file for the CPU registers, set before dump_wanted is */
	atomic_bool dump_wanted, dumped;
	char order[256];	/* a command for the emulator's monitor, set before ordered is */
	char said[256];		/* what the monitor said */
	atomic_bool ordered;
};

void pulse_open(struct pulse *p);
void pulse_start(struct pulse *p);

/* Waits for the answer on its way: the emulator must have ended, or be about to. */
void pulse_stop(struct pulse *p);

/* Write the registers of the emulator's CPUs to the file @path, before it is killed. */
void pulse_dump_registers(struct pulse *p, const char *path);

/* Give the emulator's monitor a command. Returns what it says: "" for most that succeed. */
const char *pulse_order(struct pulse *p, const char *command);

/* How much of [@from, @to] lies in pauses, ns. */
int64_t pulse_missed(const struct pulse *p, int64_t from, int64_t to);

#endif /* VM_RUNNER_PULSE_H */
