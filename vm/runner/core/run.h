/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One run of one scenario, as the host sees it.
 *
 * A run is filled in three steps and each step only reads what the earlier ones wrote:
 *   live    channel.c (protocol of the guest), sender.c (frames sent), console.c, qemu.c
 *   parsed  clock.c (marks get their moment on the host's clock), trace.c (emulator events)
 *   judged  figures.c, rules.c; report.c, picture.c and story.c only print
 *
 * Every time is CLOCK_MONOTONIC of the host in ns. A mark's .t is known after clock_fit();
 * until then only .arrived (when its line was read) may be used.
 */
#ifndef VM_RUNNER_RUN_H
#define VM_RUNNER_RUN_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

#define MAX_NICS	4
#define MAX_BRIDGES	2	/* a root port, and the upstream port of a switch */
#define MAX_UPDATES	8
#define LATENCY_BOUND	(250 * MSEC)
#define BUSY_SLOWER	2	/* what other work on the machine costs, for limits of time */
#define DEBUG_SLOWER	6	/* likewise a debug kernel */
#define ROOMY		4096	/* MiB of memory that are enough for a debug kernel */

/* What the user asked for; see options.c for the meaning of each. */
struct options {
	const char *scenario;
	const char *out;
	const char *kernel;
	const char *nic;
	const char *iommu;
	const char *qemu_extra;
	const char *append;
	int smp;
	int mem;
	int timeout;
	int updates;
	bool story;
	bool debug;
	bool stock;
	bool without_preserve;
	bool shell;
};

/* What the scenario has in mind for a NIC */
enum fate {
	GOES_ON,
	LEFT_BEHIND,		/* not preserved */
	STRANGER,		/* nor this one, but it goes on trying to write */
	GIVEN_UP,		/* preserved, and cut off in the next kernel */
};

/* What the scenario asked for, printed by `init --needs NAME`. */
struct needs {
	char model[MAX_NICS][32];
	int bridges[MAX_NICS];	/* above each: none, a root port, or also a switch's */
	enum fate fate[MAX_NICS];
	int nnics;
	int smp;
	int mem;
	int updates;
	int timeout;
	bool expect_lost;
	bool debug;		/* on the debug kernel */
	bool command;		/* iolu is in the machine */
	bool systemd;		/* systemd is process 1 */
	bool kvm;		/* the example of a VMM is there */
	bool kselftest;		/* and the kernel's own selftests */
	bool older;		/* the OLDER_SERIES boots first and takes turns */
	bool dma;
	char kernel[32];
	char next[32];		/* the build to go to, "" if the same */
	char cmdline[512];
	char cmdline2[512];
	char qemu[512];
	char iommu[256];
};

/* The queue of frames for one NIC: tx[0..offered) has the time each frame was due and sent. */
struct sender {
	int fd;
	int nic;
	unsigned int rate;
	unsigned int len;
	int64_t *tx;
	size_t offered;
	size_t pushed;		/* accepted by the socket, <= offered */
	size_t cap;
	uint64_t back_pressure;	/* sends refused with EAGAIN */
	uint64_t max_queued;	/* most bytes waiting in the socket */
	int64_t last_tx;	/* when tx-stop took effect, 0 while sending */
	pthread_t thread;
	sem_t silent;		/* posted when nothing more is offered */
	atomic_bool stop;	/* offer nothing more */
	atomic_bool over;	/* nor push what is left */
	bool sending;
	bool joinable;
};

/* The emulator's main loop did not answer. */
struct pause {
	int64_t from;
	int64_t to;
};

struct pulse {
	int fd;
	int qemu_fd;
	struct pause *pauses;
	size_t npauses, cap;
	size_t beats;
	int64_t longest;
	pthread_t thread;
	atomic_bool stop;
	const char *words;	/* file for the last words, set before asked is */
	atomic_bool asked, told;
};

struct mark {
	char name[40];
	int stage;		/* which kernel said it, from 1 */
	uint64_t tsc;
	int64_t arrived;
	int64_t t;
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

enum event_kind {
	EV_FAULT,		/* DMA fault raised by the emulated IOMMU */
	EV_FAULT_RECORD,	/* fault record written, interrupt remapping included */
	EV_NULL_DESC,
	EV_RINGS_FULL,
	EV_RX_DISABLED,
	EV_TE_OFF,
	EV_TE_ON,
	EV_IR_OFF,
	EV_IR_ON,
	EV_ROOT,		/* root table pointer latched */
	EV_BME_CLEAR,
	EV_POWER,		/* written to a D-state other than D0 */
	EV_RESET,
	EV_BAR_SIZING,
	EV_QUIET,		/* all MSI-X vectors of the NIC masked */
	EV_INVALID_MEM,		/* access to an address that nothing answers */
	EV_KINDS
};

struct event {
	int64_t t;
	enum event_kind kind;
	int nic;		/* -1: the emulator does not say which */
	char text[96];
};

struct splat {
	int stage;
	char text[200];
};

struct nic_figures {
	int64_t sent, received, lost, dup, order, holes, badsum;
	int64_t before, during, after, silent;	/* frames by DMA; silent: no userspace anywhere */
	int64_t p50, p99, max;			/* latency, ns */
	int64_t held;				/* longest, the emulator's pauses left out */
	int64_t gap_before, gap_during, gap_after;
};

struct nic {
	struct sender sender;
	int qemu_fd;
	int64_t *dma;		/* when the emulator wrote the k-th frame to guest memory */
	size_t ndma;
	size_t dma_cap;
	size_t untranslated;	/* of these: without any look-up in the IOMMU */
	size_t late;		/* written after the final look, not in dma[] */
	size_t faulted;		/* frames that a fault kept from memory */
	struct nic_figures fig;
};

enum run_end {
	RUN_ENDED,		/* `end` was read */
	RUN_TIMEOUT,
	RUN_DIED,		/* the guest stopped without `end` */
	RUN_INFRASTRUCTURE,	/* the emulator aborted: says nothing about the guest */
};

struct run {
	const struct options *opt;
	struct needs needs;
	bool negative;		/* loss is what must be seen */
	char out[512];		/* directory of the results */

	struct nic nic[MAX_NICS];
	struct pulse pulse;
	struct mark *marks;
	struct fact *facts;
	struct fig *figs;
	struct event *events;
	struct splat *splats;
	size_t nmarks, marks_cap, nfacts, facts_cap, nfigs, figs_cap;
	size_t nevents, events_cap, nsplats, splats_cap;

	int stage;
	int planned;		/* facts the guest promised, -1: did not say */
	int protocol_errors;
	uint16_t *faulting;	/* source ids of the DMA faults that the guest's log shows */
	size_t nfaulting, faulting_cap;
	bool ended;
	bool any_tx;
	enum run_end how;
	int qemu_status;

	int64_t t0;		/* emulator started */
	int64_t t_end;
	int64_t real_minus_mono;
	uint64_t tsc0;
	int64_t clock_skew;	/* worst (arrived - t) of a mark */
	size_t unattributed;	/* frames whose NIC the trace does not tell */
};

/* The update's window: what must not happen is looked for in here. */
struct window {
	int64_t begin;
	int64_t end;
};

const struct mark *run_mark(const struct run *r, const char *name, int stage);
int64_t run_mark_time(const struct run *r, const char *name, int stage);
struct window run_window(const struct run *r);
int64_t run_final(const struct run *r);
bool run_nic_judged(const struct run *r, int nic);
size_t run_events(const struct run *r, enum event_kind kind, const struct event **first);
const char *run_fig(const struct run *r, const char *key);
size_t run_guest_faults(const struct run *r);
int64_t run_fig_int(const struct run *r, int64_t absent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
double run_seconds(const struct run *r, int64_t t);

#endif /* VM_RUNNER_RUN_H */
