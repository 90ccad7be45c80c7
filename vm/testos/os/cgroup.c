// SPDX-License-Identifier: GPL-2.0
/* One cgroup, for scenarios in which a VMM has too little memory or its huge pages are counted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/cgroup.h"
#include "os/report.h"
#include "os/util.h"

#define ROOT	"/tmp/cgroup"
#define VMM	ROOT "/vmm"
#define HUGETLB	"\nhugetlb "

static void make(const char *controllers, const char *options)
{
	mkdir(ROOT, 0755);
	if (mount("cgroup2", ROOT, "cgroup2", 0, options))
		bail_out("mount cgroups: %s", strerror(errno));
	must_write(ROOT "/cgroup.subtree_control", controllers);
	mkdir(VMM, 0755);
}

void cgroup_make(const char *limit)
{
	make("+memory", NULL);
	cgroup_limit("memory", limit);
}

void cgroup_make_hugetlb(void)
{
	make("+hugetlb +memory", "memory_hugetlb_accounting");
}

void cgroup_limit(const char *what, const char *limit)
{
	char path[80];

	snprintf(path, sizeof(path), VMM "/%s.max", what);
	must_write(path, limit);
}

uint64_t cgroup_hugetlb(uint64_t page, bool reserved)
{
	char path[80], text[32];

	snprintf(path, sizeof(path), VMM "/hugetlb.%llu%cB%s.current",
		 (unsigned long long)(page < 1024 * MIB ? page / MIB : page / (1024 * MIB)),
		 page < 1024 * MIB ? 'M' : 'G', reserved ? ".rsvd" : "");
	if (file_read(path, text, sizeof(text)) < 0)
		bail_out("%s: %m", path);
	return strtoull(text, NULL, 10);
}

uint64_t cgroup_memory_hugetlb(void)
{
	char text[4096], *at;

	if (file_read(VMM "/memory.stat", text, sizeof(text)) < 0)
		bail_out(VMM "/memory.stat: %m");
	at = strstr(text, HUGETLB);
	if (!at)
		bail_out("huge pages are not in memory.stat");
	return strtoull(at + strlen(HUGETLB), NULL, 10);
}

void cgroup_enter(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	must_write(VMM "/cgroup.procs", pid);
}
