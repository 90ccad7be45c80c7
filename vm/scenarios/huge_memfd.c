// SPDX-License-Identifier: GPL-2.0
/*
 * A sparse memfd of 1 TiB is preserved by a process in a small memory cgroup. Preserve fills the
 * holes of a memfd, so the limit ends it: the process is charged for all of it. The kernel does
 * not warn and keeps nothing.
 *
 * A memfd in ZONE_MOVABLE, whose pages preserve would migrate, has a page with a memory error.
 * It is refused at once: such a page cannot be migrated, however often it is tried.
 *
 * promise: 5, 7
 * red when: the array of all folios is allocated at once (an earlier kernel): the kernel warns and is
 *   tainted
 * red when: preserve looks for memory errors before it pins pages (`memfd_luo_check_cached`): it
 *   never returns
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kapi/luo.h"
#include "os/cgroup.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/vm.h"

static int preserve_in_cgroup(int session)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		cgroup_enter();
		_exit(luo_preserve_fd(session, vm_memfd(1ull << 40, 0), 1) ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void refuse_memory_error(void)
{
	int session = luo_create("error"), memfd = vm_memfd(2 * MIB, 0);
	uint8_t *at = must_map(memfd, 2 * MIB, 0, "a memfd");

	memset(at, 1, 2 * MIB);
	memory_break(at);
	ok_errno(luo_preserve_fd(session, memfd, 1), EHWPOISON,
		 "a movable page with a memory error is refused");
	munmap(at, 2 * MIB);
	close(memfd);
	close(session);
}

static void before(void)
{
	uint64_t free;
	char tainted[16] = "";
	int session;

	refuse_memory_error();
	free = memory_free();
	session = luo_create("huge");
	cgroup_make("64M");
	must_write("/proc/sys/kernel/printk", "3");	/* the OOM killer talks */
	ok(preserve_in_cgroup(session) != 0, "the cgroup's limit ends preserve", "it does not");
	must_write("/proc/sys/kernel/printk", "7");
	close(session);
	file_read("/proc/sys/kernel/tainted", tainted, sizeof(tainted));
	ok(tainted[0] == '0', "the kernel did not warn", "it is tainted: %s", tainted);
	ok(memory_free() + 8 * MIB >= free, "and keeps nothing", "%llu bytes free before, %llu after",
	   (unsigned long long)free, (unsigned long long)memory_free());
}

SCENARIO(.name = "huge_memfd", .cmdline = "movablecore=256M", .before = before);
