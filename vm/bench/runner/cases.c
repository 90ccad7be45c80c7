// SPDX-License-Identifier: GPL-2.0
/*
 * The cases. Cases that are compared differ in one property: sizes in the size, `base` cases in
 * that IOMMU state and devices are not preserved. All machines have the same memory, except
 * those with the 2 GiB of tables of a terabyte and those with memory of a VM's size. Cases that
 * compare numbers of devices have the same devices present, also when only some of them are
 * preserved.
 *
 * Ticks are counted instructions unless the case asks for the wall clock.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/util.h"

#define GI	1024u

/* VMs with memory of their own, each with one device */
#define MEMORY_IN(_base, _mem, _name, _title, vms, _mib, ...) { .name = _name,		\
	.title = _title, .base = _base, .mem = _mem, .mib = _mib, .pool = _mib,		\
	.devices = vms, .present = vms, .sessions = vms, .preserve = true, .rounds = 1,	\
	.reps = 1, __VA_ARGS__ }
#define MEMORY(...)	MEMORY_IN("none-mem", 6 * GI, __VA_ARGS__)

const struct bench_case cases[] = {
	{ .name = "none-4k", .title = "nothing preserved but memory",
	  .mib = GI, .pool = 16 },
	{ .name = "4k-256m", .title = "256 MiB, 4 KiB leaves", .base = "none-4k",
	  .mib = GI / 4, .pool = 16, .preserve = true, .quick = true },
	{ .name = "4k-1g", .title = "1 GiB, 4 KiB leaves", .base = "none-4k",
	  .mib = GI, .pool = 16, .preserve = true, .quick = true },
	{ .name = "4k-4g", .title = "4 GiB, 4 KiB leaves", .base = "none-4k",
	  .mib = 4 * GI, .pool = 16, .preserve = true, .reps = 2 },
	{ .name = "4k-16g", .title = "16 GiB, 4 KiB leaves", .base = "none-4k",
	  .mib = 16 * GI, .pool = 16, .preserve = true, .rounds = 1, .reps = 1 },
	{ .name = "4k-64g", .title = "64 GiB, 4 KiB leaves", .base = "none-4k",
	  .mib = 64 * GI, .pool = 16, .preserve = true, .rounds = 1, .reps = 1 },
	{ .name = "none-4k-1t", .title = "nothing preserved but memory, for 1 TiB", .mem = 8 * GI,
	  .mib = GI, .pool = 16, .rounds = 1 },
	{ .name = "4k-1t", .title = "1 TiB, 4 KiB leaves", .base = "none-4k-1t", .mem = 8 * GI,
	  .mib = 1024 * GI, .pool = 16, .preserve = true, .rounds = 1, .reps = 1 },
	{ .name = "none-2m", .title = "nothing preserved but memory, in huge pages",
	  .mib = GI, .pool = 256, .huge = true },
	{ .name = "2m-1g", .title = "1 GiB, 2 MiB leaves", .base = "none-2m",
	  .mib = GI, .pool = 256, .huge = true, .preserve = true, .quick = true },
	{ .name = "2m-hugetlb", .title = "1 GiB, 2 MiB leaves, of hugetlb", .base = "2m-1g",
	  .mib = GI, .pool = 256, .hugetlb = 2, .preserve = true, .rounds = 1, .reps = 1,
	  .quick = true },
	{ .name = "2m-32g", .title = "32 GiB, 2 MiB leaves", .base = "none-2m",
	  .mib = 32 * GI, .pool = 256, .huge = true, .preserve = true },
	{ .name = "2m-1t", .title = "1 TiB, 2 MiB leaves", .base = "none-2m",
	  .mib = 1024 * GI, .pool = 256, .huge = true, .preserve = true },
	{ .name = "stock", .title = "stock kernel, memory in huge pages",
	  .mib = GI, .pool = 256, .huge = true, .stock = true },
	{ .name = "dev-1", .title = "1 of 16 devices", .devices = 1, .present = 16,
	  .mib = 8, .pool = 8, .preserve = true },
	{ .name = "dev-2", .title = "2 of 16 devices", .devices = 2, .present = 16,
	  .mib = 8, .pool = 8, .preserve = true },
	{ .name = "dev-8", .title = "8 of 16 devices", .devices = 8, .present = 16,
	  .mib = 8, .pool = 8, .preserve = true },
	{ .name = "dev-16", .title = "16 of 16 devices", .devices = 16, .present = 16,
	  .mib = 8, .pool = 8, .preserve = true, .quick = true },
	{ .name = "sess-16", .title = "16 devices in 16 sessions", .devices = 16, .present = 16,
	  .sessions = 16, .mib = 8, .pool = 8, .preserve = true },
	{ .name = "dev-64", .title = "64 devices in one session", .devices = 64, .present = 64,
	  .nvme = true, .mib = 8, .pool = 8, .preserve = true },
	{ .name = "sess-64", .title = "64 devices in 64 sessions", .devices = 64, .present = 64,
	  .sessions = 64, .nvme = true, .mib = 8, .pool = 8, .preserve = true },
	{ .name = "none-mem", .title = "nothing preserved but 16 MiB", .mem = 6 * GI,
	  .mib = GI, .pool = 16, .rounds = 1 },
	MEMORY("mem-4k-1g", "1 GiB in 4 KiB pages", 1, GI),
	MEMORY("mem-4k-4g", "4 GiB in 4 KiB pages", 1, 4 * GI),
	MEMORY("mem-thp-1g", "1 GiB in huge pages of shmem", 1, GI, .huge = true),
	MEMORY("mem-thp-4g", "4 GiB in huge pages of shmem", 1, 4 * GI, .huge = true),
	MEMORY("mem-2m-4g", "4 GiB in 2 MiB pages of hugetlb", 1, 4 * GI, .hugetlb = 2),
	MEMORY("mem-2m-1g", "1 GiB in 2 MiB pages of hugetlb", 1, GI, .hugetlb = 2),
	MEMORY("mem-1g-1g", "1 GiB in a 1 GiB page of hugetlb", 1, GI, .hugetlb = GI),
	{ .name = "none-mem-16g", .title = "nothing preserved but 16 MiB, of 20 GiB",
	  .mem = 20 * GI, .mib = GI, .pool = 16, .rounds = 1 },
	MEMORY_IN("none-mem-16g", 20 * GI, "mem-4k-16g", "16 GiB in 4 KiB pages", 1, 16 * GI),
	MEMORY_IN("none-mem-16g", 20 * GI, "mem-thp-16g", "16 GiB in huge pages of shmem", 1,
		  16 * GI, .huge = true),
	/* Runtime allocation of 1 GiB pages needs a large machine */
	MEMORY_IN("none-mem-16g", 20 * GI, "mem-1g-2g", "2 GiB in 1 GiB pages of hugetlb", 1,
		  2 * GI, .hugetlb = GI),
	MEMORY_IN("none-mem-16g", 20 * GI, "mem-1g-8g", "8 GiB in 1 GiB pages of hugetlb", 1,
		  8 * GI, .hugetlb = GI),
	MEMORY_IN("none-mem-16g", 20 * GI, "mem-2m-16g", "16 GiB in 2 MiB pages of hugetlb", 1,
		  16 * GI, .hugetlb = 2),
	{ .name = "none-mem-16", .title = "nothing preserved but 16 MiB, 16 devices",
	  .mem = 6 * GI, .mib = GI, .pool = 16, .present = 16, .rounds = 1 },
	MEMORY_IN("none-mem-16", 6 * GI, "mem-4k-16", "16 VMs of 128 MiB in 4 KiB pages", 16,
		  GI / 8),
	MEMORY_IN("none-mem-16", 6 * GI, "mem-thp-16", "16 VMs of 128 MiB in huge pages of shmem",
		  16, GI / 8, .huge = true),
	MEMORY_IN("none-mem-16", 6 * GI, "mem-2m-16", "16 VMs of 128 MiB in 2 MiB pages", 16,
		  GI / 8, .hugetlb = 2),
	{ .name = "none-mem-64", .title = "nothing preserved but 16 MiB, 64 devices",
	  .mem = 6 * GI, .mib = GI, .pool = 16, .present = 64, .nvme = true, .rounds = 1 },
	MEMORY_IN("none-mem-64", 6 * GI, "mem-4k-64", "64 VMs of 32 MiB in 4 KiB pages", 64,
		  GI / 32, .nvme = true),
	MEMORY_IN("none-mem-64", 6 * GI, "mem-thp-64", "64 VMs of 32 MiB in huge pages of shmem",
		  64, GI / 32, .nvme = true, .huge = true),
	MEMORY_IN("none-mem-64", 6 * GI, "mem-2m-64", "64 VMs of 32 MiB in 2 MiB pages", 64,
		  GI / 32, .nvme = true, .hugetlb = 2),
	{ .name = "wall-none", .title = "nothing preserved, wall clock",
	  .mib = GI, .pool = 256, .huge = true, .wall_clock = true },
	{ .name = "wall-1t", .title = "1 TiB, 2 MiB leaves, wall clock", .base = "wall-none",
	  .mib = 1024 * GI, .pool = 256, .huge = true, .preserve = true, .wall_clock = true },
	{ .name = "wall-stock", .title = "stock kernel, wall clock", .base = "wall-none",
	  .mib = GI, .pool = 256, .huge = true, .stock = true, .wall_clock = true },
	{ .name = "traffic", .title = "frames all the time, wall clock", .scenario = "run",
	  .preserve = true, .wall_clock = true },
};

const size_t ncases = ARRAY_SIZE(cases);

int case_find(const char *name)
{
	size_t c;

	for (c = 0; c < ncases; c++)
		if (!strcmp(cases[c].name, name))
			return c;
	die("no case %s", name);
}

/* Is @name in @list, whose names are separated by commas? */
static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *at = list;

	while ((at = strstr(at, name))) {
		if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ','))
			return true;
		at += n;
	}
	return false;
}

bool case_wanted(const struct bench *b, size_t c)
{
	if (b->opt.only)
		return listed(b->opt.only, cases[c].name);
	return !b->opt.quick || cases[c].quick;
}

char *case_words(const struct bench_case *c, unsigned int reps)
{
	return text("bench.mib=%u bench.pool=%u bench.huge=%d bench.hugetlb=%u bench.preserve=%d "
		    "bench.nvme=%d bench.devices=%u bench.sessions=%u bench.reps=%u", c->mib,
		    c->pool, c->huge, c->hugetlb, c->preserve, c->nvme,
		    c->devices ? c->devices : 1, c->sessions ? c->sessions : 1,
		    c->reps ? c->reps : reps);
}

/*
 * NIC 0 is the scenario's; more of them are on the root bus, each alone in its group. 64
 * devices need root ports, eight to a slot, and none of them has I/O ports.
 */
char *case_devices(const struct bench_case *c)
{
	char *all = text("%s", c->wall_clock ? "" : "-icount shift=0,sleep=off"), *more;
	unsigned int i;

	for (i = c->nvme ? 0 : 1; i < c->present; i++) {
		more = c->nvme ?
		       text("%s -device pcie-root-port,id=bp%u,chassis=%u,slot=%u,hotplug=off,"
			    "io-reserve=0,multifunction=on,addr=%x.%u "
			    "-device nvme,serial=b%u,bus=bp%u", all, i, i + 50, i + 50, 8 + i / 8,
			    i % 8, i, i) :
		       text("%s -device e1000e,addr=%x.0", all, 2 + i);
		free(all);
		all = more;
	}
	return all;
}
