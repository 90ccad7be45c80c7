/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzzer of sessions, iommufd, vfio and sysfs: threads that make random calls on a few
 * parties, each of which is a VM's memory, iommufd, device and session.
 *
 * Three calls of four are legal by a model of the party's state and made under its lock, so
 * that states deep in an update are reached; the fourth is any call whose descriptors exist,
 * without the lock. All randomness comes from one seed. See fuzz.c for running it, calls_*.c
 * for the calls.
 */
#ifndef TESTOS_FUZZ_H
#define TESTOS_FUZZ_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "device/pci.h"
#include "story/minimal_vm.h"

#define FUZZ_PARTIES	12
#define FUZZ_DEVICES	8	/* the first parties have a device */
#define FUZZ_THREADS	6
#define FUZZ_CALLS	64	/* room for kinds of calls */
#define FUZZ_SIZE	(256ull * 1024)
#define FUZZ_TOKEN	MINIMAL_VM_TOKEN

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline unsigned int rng_below(struct rng *r, unsigned int n)
{
	return (rng_next(r) >> 32) % n;
}

/* The model; descriptors are -1 and ids 0 if there is none. */
struct party {
	pthread_mutex_t lock;
	char name[16];		/* of its session */
	char bdf[BDF_LEN];	/* "" without device */
	char cdev[64];
	bool incoming;		/* its session came with the kexec and is not ended */
	bool stale;		/* discarded: all files must be closed first */
	int session;
	int memfd;
	int iommufd;
	int dev;
	uint32_t id;		/* of the bound device */
	uint32_t ioas;
	uint32_t hwpt;
	bool mapped;
	bool marked;
	bool attached;
	bool kept_memfd;	/* preserved in its session */
	bool kept_iommufd;
	bool kept_dev;
	unsigned int failures;	/* legal calls that failed since the last that did not */
};

enum { NEEDS_SESSION = 1, NEEDS_MEMFD = 2, NEEDS_IOMMUFD = 4, NEEDS_DEV = 8, NEEDS_BDF = 16 };

struct fuzz_call {
	const char *name;
	unsigned int weight;	/* among the legal calls */
	unsigned int needs;	/* of the party, even for an illegal call */
	bool (*legal)(const struct party *p);
	int (*make)(struct party *p, struct rng *r);	/* < 0: -errno; updates the model */
	bool with_memory;	/* no allocation fails in it */
};

#define CALL(text, often, of, when, function) \
	{ .name = text, .weight = often, .needs = of, .legal = when, .make = function }

/*
 * Calls that enable or reset a device run AML code, and the ACPI interpreter of Linux uses
 * objects whose allocation failed: in any later call the kernel reads a wild address. Linux warns
 * when it frees an interrupt for which it could not make a file in /proc.
 */
#define SURE_CALL(text, often, of, when, function) \
	{ .name = text, .weight = often, .needs = of, .legal = when, .make = function, \
	  .with_memory = true }

extern const struct fuzz_call session_calls[], iommufd_calls[], vfio_calls[], sysfs_calls[];

/* party.c: a party as after boot, and back to that */
void party_init(struct party *p, unsigned int number, bool incoming);
void party_drop(struct party *p);
void party_give_up(struct party *p);	/* an incoming session is discarded */
void party_discard(struct party *p);	/* in any state of the model */
void party_take(int *slot, int fd);	/* closed if there is one already */
int party_close(int *slot);
bool party_has(const struct party *p, unsigned int needs);
bool party_may_change(const struct party *p);	/* IOAS and HWPT are not immutable */

/* unbinder.c: a process that unbinds devices and binds them again */
pid_t unbinder_start(void);
void unbinder_fds(int fds[2]);		/* for unbinder_ask() */
void unbinder_close(void);
int unbinder_ask(const char *bdf);	/* -EBUSY: it is not asked, -EAGAIN: it still waits */
bool unbinder_waits(void);		/* for the last file of a device */

/*
 * fuzz.c: start the fuzzer in a process of its own, which ends after @seconds; wait for that
 * and state facts about it. @incoming: the parties' sessions came with the kexec.
 */
void fuzz_start(uint64_t seed, unsigned int seconds, bool incoming);
void fuzz_end(void);
const char *fuzz_session(unsigned int party);
void fuzz_close_others(const int *keep, unsigned int n);	/* all but these, and 0 to 2 */

#endif /* TESTOS_FUZZ_H */
