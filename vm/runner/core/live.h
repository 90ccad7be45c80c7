/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Data recorded while the machine runs. Written by the files of qemu/ that serve it:
 * channel.c (reports of the kernel under test), console.c (its log), sender.c (frames sent),
 * pulse.c (pauses of the emulator), machine.c (how it ended), clock.c (time of the marks).
 */
#ifndef VM_RUNNER_LIVE_H
#define VM_RUNNER_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "needs.h"
#include "qemu/drive.h"
#include "qemu/pulse.h"
#include "qemu/receiver.h"
#include "qemu/sender.h"
#include "qemu/vfio_user.h"
#include "qemu/vhost.h"

/* A moment that the kernel under test reported. */
struct mark {
	char name[40];
	int kernel;		/* the kernel that reported it, from 1 */
	uint64_t tsc;
	int64_t arrived;	/* its line was read */
	int64_t t;		/* it was reported; valid after clock_fit() */
};

enum fact_kind { FACT_OK, FACT_NOT_OK, FACT_SKIP };

struct fact {
	enum fact_kind kind;
	char text[256];
	char why[256];
};

struct fig {
	char key[64];
	char value[192];
};

/* A line of the console that a healthy kernel never prints. */
struct splat {
	int kernel;
	char text[200];
};

enum run_end {
	RUN_ENDED,		/* `end` was read */
	RUN_TIMEOUT,
	RUN_DIED,		/* the machine stopped without `end` */
	RUN_INFRASTRUCTURE,	/* the emulator aborted: no result of the kernel under test */
};

/* Times are CLOCK_MONOTONIC in ns. */
struct live {
	struct sender sender[MAX_DEVICES];
	struct receiver receiver;		/* of NIC 0, if its guest sends */
	struct vhost vhost[MAX_DEVICES];	/* of devices outside the emulator */
	struct drive drive[MAX_DEVICES];	/* of NVMe controllers */
	struct vfio_user pasids;	/* of the device with PASIDs */
	struct pulse pulse;

	struct mark *marks;
	struct fact *facts;
	struct fig *figs;
	struct splat *splats;
	uint16_t *faults;	/* requester ID of each DMA fault in the kernels' logs */
	size_t nmarks, nfacts, nfigs, nsplats, nfaults;
	size_t marks_cap, facts_cap, figs_cap, splats_cap, faults_cap;

	int kernel;		/* that runs, from 1; 0 before its first report */
	int planned;		/* facts announced, -1: none was */
	int protocol_errors;
	bool any_tx;		/* the scenario has traffic */
	bool ended;		/* `end` was read */
	enum run_end how;
	int qemu_status;

	int64_t start;		/* of the emulator */
	int64_t end;
	int64_t real_minus_mono;
	uint64_t start_tsc;
	int64_t clock_skew;	/* worst (arrived - t) of a mark */
};

#endif /* VM_RUNNER_LIVE_H */
