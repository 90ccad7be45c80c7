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

static void make(const char *controller)
{
	mkdir(ROOT, 0755);
	if (mount("cgroup2", ROOT, "cgroup2", 0, NULL))
		bail_out("mount cgroups: %s", strerror(errno));
	must_write(ROOT "/cgroup.subtree_control", controller);
	mkdir(VMM, 0755);
}

void cgroup_make(const char *limit)
{
	make("+memory");
	must_write(VMM "/memory.max", limit);
}

void cgroup_make_hugetlb(void)
{
	make("+hugetlb");
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

void cgroup_enter(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	must_write(VMM "/cgroup.procs", pid);
}
