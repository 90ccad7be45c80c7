/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The measurements of a bench run, on both sides of the kexec. See bench_update.c for the story,
 * steps.c for the steps, clock.c for the figures.
 *
 * Times are in ticks of the TSC. The bench has the emulator count instructions (icount): one
 * tick is one instruction, or one nanosecond of waiting, and runs on through the kexec.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "device/pci.h"

#define BENCH_DEVICES	64
#define BENCH_TOKEN	0xbe000ull	/* of the first HWPT; those of the others follow */

/* The run, from words bench.* of the command line */
struct bench {
	uint64_t size;		/* bytes of IOVA mapped by each HWPT */
	uint64_t pool;		/* bytes of the memfd that serves for all of them */
	uint32_t devices;	/* each with an HWPT of its own */
	uint32_t sessions;	/* each with an iommufd and its share of the devices */
	uint32_t reps;		/* of steps that can be repeated within one kernel */
	uint64_t hugetlb;	/* bytes of a page of a memfd from hugetlb, 0: shmem */
	bool huge;		/* leaves of 2 MiB or 1 GiB instead of 4 KiB */
	bool preserve;		/* IOMMU and devices; the memory is in any case */
};

struct bench_device {
	int fd;
	uint32_t id;
	uint32_t ioas;
	uint32_t hwpt;
};

struct bench_session {
	int session;
	int memfd;
	int iommufd;
	uint32_t ndevices;
	struct bench_device *device;
};

struct bench_tables {
	uint64_t pages;
	uint64_t bytes;		/* mapped */
};

#define for_each_session(s) \
	for (s = bench_sessions(); s < bench_sessions() + bench()->sessions; s++)

#define for_each_bench_device(s, d) \
	for (d = (s)->device; d < (s)->device + (s)->ndevices; d++)

/* steps.c: one function for each step that is timed; bails out if it fails */
const struct bench *bench(void);
struct bench_session *bench_sessions(void);
void bench_share_devices(void);
void bench_prepare_memory(void);
void bench_build(struct bench_session *s);
void bench_map(const struct bench_session *s, struct bench_device *d);
void bench_fill(const struct bench_session *s, const struct bench_device *d);
void bench_preserve_memory(struct bench_session *s, unsigned int i);
void bench_preserve_iommufd(struct bench_session *s);
void bench_preserve_devices(struct bench_session *s);
void bench_bare(uint64_t pages);
struct bench_tables bench_tables(const struct bench_session *s);
void bench_retrieve_memory(struct bench_session *s, unsigned int i);
void bench_retrieve_iommufd(struct bench_session *s);
void bench_retrieve_devices(struct bench_session *s);
void bench_adopt(const struct bench_session *s, struct bench_device *d);

/* clock.c: figures, each key has as many values as times it was said */
uint64_t ticks(void);
void say(const char *key, uint64_t value);
void say_ticks(const char *key, uint64_t since);
uint64_t trace_ns(const char *event);
void trace_clear(void);
void say_clock(void);

#endif /* BENCH_H */
