// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that is killed on its way through the restore: a process of its own takes one step
 * after the other and gets SIGKILL after the last one asked for. All that it had open is
 * closed by the kernel.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kapi/luo.h"
#include "os/report.h"
#include "story/crash.h"

static const char *const step_name[] = {
	[CRASH_SESSION] = "retrieving the session", [CRASH_MEMORY] = "retrieving memory",
	[CRASH_IOMMUFD] = "retrieving the iommufd", [CRASH_DEVICE] = "retrieving the device",
	[CRASH_BIND] = "binding", [CRASH_MAP] = "mapping", [CRASH_ADOPT] = "adopting",
	[CRASH_ATTACH] = "attaching", [CRASH_ARM] = "arming interrupts",
};

static int one_step(struct vm *vm, struct vm_data *data, enum crash_step step)
{
	switch (step) {
	case CRASH_SESSION:
		return 0;
	case CRASH_MEMORY:
		vm_retrieve_memory(vm, data);
		return 0;
	case CRASH_IOMMUFD:
		vm->iommufd = luo_retrieve_fd(vm->session, TOKEN_IOMMUFD);
		return vm->iommufd < 0 ? vm->iommufd : 0;
	case CRASH_DEVICE:
		vm->device[0].dev = luo_retrieve_fd(vm->session, TOKEN_DEVICE(0));
		return vm->device[0].dev < 0 ? vm->device[0].dev : 0;
	case CRASH_BIND:
		return vm_bind(vm);
	case CRASH_MAP:
		vm_map_space(vm, 0);
		return 0;
	case CRASH_ADOPT:
		return vm_adopt(vm);
	case CRASH_ATTACH:
		return vm_attach(vm);
	case CRASH_ARM:
		return vm_arm(&vm->device[0]);
	}
	return -EINVAL;
}

/* Memory comes with the session, so that step alone is one only if it is the last. */
static int restore(struct vm_data *data, enum crash_step last)
{
	enum crash_step step;
	struct vm vm;
	int rc = 0;

	if (last == CRASH_SESSION)
		return luo_try_retrieve(data->session);
	for (step = CRASH_MEMORY; rc >= 0 && step <= last; step++)
		rc = one_step(&vm, data, step);
	return rc;
}

void crash_after(struct vm_data *data, enum crash_step last)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		if (restore(data, last) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "the VMM gets so far before it is killed", "it failed %s",
	   step_name[last]);
	diag("killed after %s", step_name[last]);
}
