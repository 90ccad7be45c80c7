// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM in a memory cgroup that is too small for its VM is killed while it retrieves the VM's
 * memory. DISCARD stops the device and then frees all of the memory, also the part that was
 * retrieved.
 *
 * promise: 6, 7
 * red when: the folios of a failed retrieve are never freed (an earlier kernel): 17 of 21 MiB are
 *   lost until the host is powered off
 */
#include <sys/wait.h>
#include <unistd.h>

#include "kapi/luo.h"
#include "os/cgroup.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void retrieve_in_cgroup(int session)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		cgroup_enter();
		_exit(luo_retrieve_fd(session, TOKEN_MEM(1)) >= 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(status != 0, "a VMM in a small cgroup cannot retrieve the memory", "it can");
}

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void after(void)
{
	struct vm_data *data;
	uint64_t free, size = 0;
	unsigned int i;
	int session;

	story_arrive();
	data = &state_get()->vm[0];
	for (i = 0; i < data->nmems; i++)
		size += data->mem_size[i];
	cgroup_make("8M");
	session = luo_retrieve(data->session);
	free = memory_free();
	must_write("/proc/sys/kernel/printk", "3");	/* the OOM killer talks */
	retrieve_in_cgroup(session);
	must_write("/proc/sys/kernel/printk", "7");
	ok_rc(luo_discard(session), "its session is discarded");
	mark_nic(0, "quiet");
	close(session);
	ok(memory_free() + MIB >= free + size, "all of the VM's memory is free again",
	   "%llu bytes free before, %llu after, %llu to be freed", (unsigned long long)free,
	   (unsigned long long)memory_free(), (unsigned long long)size);
	story_stopped();
}

SCENARIO(.name = "retrieve_without_memory", .cmdline = "lu.rate=300", .discarded = "0",
	 .timeout = 120, .before = before, .after = after);
