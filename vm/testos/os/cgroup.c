// SPDX-License-Identifier: GPL-2.0
/* One memory cgroup, for scenarios in which a VMM has too little memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/cgroup.h"
#include "os/report.h"
#include "os/util.h"

#define ROOT	"/tmp/cgroup"
#define VMM	ROOT "/vmm"

void cgroup_make(const char *limit)
{
	mkdir(ROOT, 0755);
	if (mount("cgroup2", ROOT, "cgroup2", 0, NULL))
		bail_out("mount cgroups: %s", strerror(errno));
	must_write(ROOT "/cgroup.subtree_control", "+memory");
	mkdir(VMM, 0755);
	must_write(VMM "/memory.max", limit);
}

void cgroup_enter(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	must_write(VMM "/cgroup.procs", pid);
}
