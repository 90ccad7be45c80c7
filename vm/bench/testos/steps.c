// SPDX-License-Identifier: GPL-2.0
/*
 * The steps that the bench times, one function each, on the sessions that the words bench.* of
 * the command line describe.
 *
 * A session has one memfd, one iommufd and some devices with an IOAS and an HWPT each. A
 * memfd that is smaller than the IOAS is mapped again and again until the IOAS has the size
 * asked for, so that a terabyte of IOVA needs no terabyte of memory.
 *
 * Invariants: with 4 KiB leaves no two neighbours of the memfd are neighbours in memory in
 * ascending order, so that no larger leaf can come of them: the even pages are made first.
 * With larger leaves each folio of the memfd is a huge one, or a page of hugetlb. The number
 * of table pages shows it, which the runner checks.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "story/vm.h"

#define BENCH_IOVA	0x100000000ull
#define MODEL_E1000E	0x808610d3u
#define MODEL_NVME	0x1b360010u

static struct bench_device devices[BENCH_DEVICES];

static struct bench_session sessions[BENCH_DEVICES];

struct bench_session *bench_sessions(void)
{
	return sessions;
}

const struct bench *bench(void)
{
	static struct bench b;

	if (b.devices)
		return &b;
	b.size = cmdline_number("bench.mib", 1024) * MIB;
	b.hugetlb = cmdline_number("bench.hugetlb", 0) * MIB;
	b.huge = b.hugetlb || cmdline_number("bench.huge", 0);
	b.pool = cmdline_number("bench.pool", 64) * MIB;
	b.devices = cmdline_number("bench.devices", 1);
	b.sessions = cmdline_number("bench.sessions", 1);
	b.reps = cmdline_number("bench.reps", 5);
	b.preserve = cmdline_number("bench.preserve", 1);
	if (b.devices > BENCH_DEVICES || !b.sessions || b.devices % b.sessions || b.size % b.pool)
		bail_out("bench.devices, bench.sessions, bench.mib and bench.pool do not fit");
	return &b;
}

static void must(int rc, const char *what)
{
	if (rc < 0)
		bail_out("%s: %s", what, strerror(-rc));
}

void bench_share_devices(void)
{
	uint32_t share = bench()->devices / bench()->sessions;
	struct bench_session *s;

	for_each_session(s) {
		s->device = &devices[(s - bench_sessions()) * share];
		s->ndevices = share;
	}
}

static void touch(int memfd, uint64_t step)
{
	volatile char *at = must_map(memfd, bench()->pool, 0, "the pool");
	uint64_t first, i;

	for (first = 0; first < 2 * step; first += step)
		for (i = first; i < bench()->pool; i += 2 * step)
			at[i] = 1;
	munmap((void *)at, bench()->pool);
}

/* All of it in one IOAS that nothing is attached to yet. */
void bench_map(const struct bench_session *s, struct bench_device *d)
{
	struct area area = { .length = bench()->pool, .writable = 1 };
	uint64_t at;

	must(ioas_alloc(s->iommufd, &d->ioas), "make an IOAS");
	for (at = 0; at < bench()->size; at += area.length) {
		area.iova = BENCH_IOVA + at;
		must(ioas_map(s->iommufd, d->ioas, s->memfd, &area), "map the pool");
	}
}

/* Mapping from scratch: a new HWPT gets a table with all of the IOAS, and is destroyed */
void bench_fill(const struct bench_session *s, const struct bench_device *d)
{
	uint64_t began = ticks();
	uint32_t hwpt;

	must(hwpt_alloc(s->iommufd, d->id, d->ioas, &hwpt), "make an HWPT");
	say_ticks("fill", began);
	must(iommufd_destroy(s->iommufd, hwpt), "destroy an HWPT");
}

static void build_device(struct bench_session *s, struct bench_device *d)
{
	uint64_t token = BENCH_TOKEN + (d - devices);
	char bdf[BDF_LEN];

	pci_find_device(cmdline_number("bench.nvme", 0) ? MODEL_NVME : MODEL_E1000E,
			d - devices, bdf);
	d->fd = vfio_open_bound(bdf, s->iommufd, &d->id);
	must(d->fd, "open a device");
	bench_map(s, d);
	must(hwpt_alloc(s->iommufd, d->id, d->ioas, &d->hwpt), "make an HWPT");
	must(vfio_attach(d->fd, d->hwpt), "attach a device");
	if (bench()->preserve)
		must(hwpt_mark(s->iommufd, d->hwpt, token), "mark an HWPT");
	vfio_enable_bus_master(d->fd);
}

/* Before the first memfd: huge pages for all of them */
void bench_prepare_memory(void)
{
	const struct bench *b = bench();
	char path[80], number[24];

	if (!b->huge)
		return;
	if (!b->hugetlb) {
		must_write("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always");
		return;
	}
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages",
		 (unsigned long long)(b->hugetlb / 1024));
	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)(b->pool * b->sessions / b->hugetlb));
	must_write(path, number);
}

static int pool_memfd(void)
{
	unsigned int lg2 = bench()->hugetlb ? __builtin_ctzll(bench()->hugetlb) : 0;
	int fd;

	if (!bench()->hugetlb)
		return vm_memfd(bench()->pool, SEALS_FIXED);
	fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB |
			  lg2 << MAP_HUGE_SHIFT);
	if (fd < 0 || ftruncate(fd, bench()->pool) || fcntl(fd, F_ADD_SEALS, SEALS_FIXED))
		bail_out("hugetlb memfd: %s", strerror(errno));
	return fd;
}

void bench_build(struct bench_session *s)
{
	struct bench_device *d;

	s->memfd = pool_memfd();
	touch(s->memfd, bench()->hugetlb ?: bench()->huge ? 2 * MIB : PAGE);
	s->iommufd = iommufd_open();
	for_each_bench_device(s, d)
		build_device(s, d);
}

static const char *session_name(unsigned int i)
{
	static char name[16];

	snprintf(name, sizeof(name), "bench%u", i);
	return name;
}

void bench_preserve_memory(struct bench_session *s, unsigned int i)
{
	s->session = luo_create(session_name(i));
	must(luo_preserve_fd(s->session, s->memfd, TOKEN_MEM(0)), "preserve the pool");
}

void bench_preserve_iommufd(struct bench_session *s)
{
	must(luo_preserve_fd(s->session, s->iommufd, TOKEN_IOMMUFD), "preserve an iommufd");
}

void bench_preserve_devices(struct bench_session *s)
{
	struct bench_device *d;

	for_each_bench_device(s, d)
		must(luo_preserve_fd(s->session, d->fd, TOKEN_DEVICE(d - devices)),
		     "preserve a device");
}

/*
 * The barest use of KHO that userspace has: LUO preserves a memfd of so many pages, each of
 * them for itself. It is more than kho_preserve_pages(): LUO pins each page and notes it down.
 */
void bench_bare(uint64_t pages)
{
	int memfd = vm_memfd(pages * PAGE, SEALS_FIXED);
	int session = luo_create("bare");
	uint64_t began;
	char *at = must_map(memfd, pages * PAGE, 0, "a memfd"), *p;

	for (p = at; p < at + pages * PAGE; p += PAGE)
		*p = 1;
	munmap(at, pages * PAGE);
	began = ticks();
	must(luo_preserve_fd(session, memfd, TOKEN_MEM(0)), "preserve a memfd");
	say_ticks("bare", began);
	close(session);
	close(memfd);
}

struct bench_tables bench_tables(const struct bench_session *s)
{
	struct iommu_liveupdate_query q;
	struct bench_tables sum = {};
	uint32_t i;

	for (i = 0; !hwpt_query(s->iommufd, i, &q); i++) {
		sum.pages += q.out_table_pages;
		sum.bytes += q.out_mapped_bytes;
	}
	return sum;
}

void bench_retrieve_memory(struct bench_session *s, unsigned int i)
{
	s->session = luo_retrieve(session_name(i));
	s->memfd = luo_retrieve_fd(s->session, TOKEN_MEM(0));
	must(s->memfd, "retrieve the pool");
}

void bench_retrieve_iommufd(struct bench_session *s)
{
	s->iommufd = luo_retrieve_fd(s->session, TOKEN_IOMMUFD);
	must(s->iommufd, "retrieve an iommufd");
}

void bench_retrieve_devices(struct bench_session *s)
{
	struct bench_device *d;

	for_each_bench_device(s, d) {
		d->fd = luo_retrieve_fd(s->session, TOKEN_DEVICE(d - devices));
		must(d->fd, "retrieve a device");
		must(vfio_bind(d->fd, s->iommufd, &d->id), "bind a device");
	}
}

void bench_adopt(const struct bench_session *s, struct bench_device *d)
{
	struct adoption got;

	must(hwpt_adopt(s->iommufd, d->ioas, BENCH_TOKEN + (d - devices), &got), "adopt");
	d->hwpt = got.hwpt;
	ok(got.bytes == bench()->size, "adoption has compared all that is mapped",
	   "%llu bytes", (unsigned long long)got.bytes);
}
