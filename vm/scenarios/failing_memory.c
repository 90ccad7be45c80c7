// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures in each step of an update: the first, the second, the third ... allocation
 * fails until none is left to fail. Each time the step either fails and leaves nothing behind, or
 * succeeds. DMA continues throughout; in the end the update is made.
 *
 * A memfd of huge pages with holes is preserved as well: the pool is the same afterwards. Each of
 * many sessions has a memfd of huge pages; retrieving the n-th of them fails at the n-th
 * allocation, until none is left to fail, and succeeds when it is tried again. The pages of all of
 * them return to the pool.
 *
 * promise: 5
 * red when: the list of huge pages is restored by kho_restore_vmalloc() (`memfd_hugetlb_fill`):
 *   without memory for it the list is lost, and retrieving fails with -EINVAL
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/failing.h"
#include "os/leaks.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define HUGE_SESSIONS	58u	/* a retrieve makes 51 allocations */
#define HUGE_SIZE	(2 * POOL_2M)

static int huge_fd;	/* the memfd that a sweep preserves */

static int do_mark(void *arg)
{
	return vm_mark(arg);
}

static void undo_mark(void *arg, int rc)
{
	struct vm *vm = arg;

	if (!rc)
		hwpt_unmark(vm->iommufd, vm->hwpt[0]);
}

/* Files that must be in the session before; their allocations do not fail */
static void open_session(struct vm *vm, bool with_iommufd)
{
	int rc = vm_preserve_memory(vm);

	if (with_iommufd && !rc)
		rc = luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
	if (rc)
		bail_out("a session cannot be prepared: error %d", -rc);
}

static void after_nothing(void *arg)
{
	struct vm *vm = arg;

	vm->session = luo_create(vm->data->session);
}

static void after_memory(void *arg)
{
	open_session(arg, false);
}

static void after_iommufd(void *arg)
{
	open_session(arg, true);
}

static void close_session(void *arg, int rc)
{
	(void)rc;
	vm_call_off(arg);
}

static int preserve_memory(void *arg)
{
	struct vm *vm = arg;

	return luo_preserve_fd(vm->session, vm->mem_fd[0], TOKEN_MEM(0));
}

static void huge_with_holes(void *arg)
{
	after_nothing(arg);
	huge_fd = vm_huge_memfd(HUGE_SIZE, POOL_2M, 0);
}

static int preserve_huge(void *arg)
{
	struct vm *vm = arg;

	return luo_preserve_fd(vm->session, huge_fd, TOKEN_MEM(0));
}

static void close_huge(void *arg, int rc)
{
	close_session(arg, rc);
	close(huge_fd);
}

static const char *huge_session(unsigned int i)
{
	static char name[16];

	snprintf(name, sizeof(name), "huge%u", i);
	return name;
}

static void preserve_huge_sessions(void)
{
	unsigned int i;
	int rc;

	for (i = 0; i < HUGE_SESSIONS; i++) {
		rc = luo_preserve_fd(luo_create(huge_session(i)),
				     vm_huge_memfd(HUGE_SIZE, POOL_2M, 0), TOKEN_MEM(0));
		if (rc)
			bail_out("%s cannot be preserved: error %d", huge_session(i), -rc);
	}
}

static int preserve_iommufd(void *arg)
{
	struct vm *vm = arg;

	return luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
}

static int preserve_device(void *arg)
{
	struct vm *vm = arg;

	return luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0));
}

/* The last attempt does not return. */
static void freeze_and_go(void)
{
	unsigned int nth, errors = 0;

	kexec_strict(true);
	failing_quietly(true);
	for (nth = 1;; nth++) {
		failing_begin(nth);
		kexec_try();
		if (!failing_end())
			bail_out("no update although no allocation failed");
		fig("refused_freezes", ++errors);
	}
}

static void before(void)
{
	static const struct sweep sweeps[] = {
		{ "an HWPT can be marked", NULL, do_mark, undo_mark },
		{ "a memfd can be preserved", after_nothing, preserve_memory, close_session },
		{ "a memfd of huge pages can be preserved", huge_with_holes, preserve_huge, close_huge },
		{ "an iommufd can be preserved", after_memory, preserve_iommufd, close_session },
		{ "a device can be preserved", after_iommufd, preserve_device, close_session },
	};
	struct pool *pool;
	struct vm *vm = story_vm(0);
	unsigned int i;

	story_begin(one_nic_each, 1);
	pool = &state_get()->pool[0];
	pool_read(pool, POOL_2M);
	for (i = 0; i < sizeof(sweeps) / sizeof(*sweeps); i++) {
		if (i == 1)
			ok_rc(vm_mark(vm), "it is marked for good");
		failing_sweep(&sweeps[i], vm);
	}
	pool_same(pool, POOL_2M, "after all of that");
	leaks_look();
	preserve_huge_sessions();
	story_preserve();
	state_get()->updates++;
	state_preserve();
	kexec_load_next(story_stage());
	vm->device[0].place->head = device_progress(&vm->device[0]);
	freeze_and_go();
}

static int verify(void *arg)
{
	struct vm *vm = arg;
	struct adoption got;

	return hwpt_verify(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got);
}

static int adopt(void *arg)
{
	return vm_adopt(arg);
}

static int attach(void *arg)
{
	return vm_attach(arg);
}

static int finish(void *arg)
{
	struct vm *vm = arg;

	return luo_finish(vm->session);
}

static void nothing(void *arg, int rc)
{
	(void)arg;
	(void)rc;
}

/* Returns whether it failed first. Linux has ENOSPC for a file without an inode. */
static bool retrieve_huge(unsigned int i, bool *hit)
{
	int session = luo_retrieve(huge_session(i)), fd, again;

	failing_begin(i + 1);
	fd = luo_retrieve_fd(session, TOKEN_MEM(0));
	*hit = failing_end();
	if (fd < 0 && (!*hit || (fd != -ENOMEM && fd != -ENOSPC)))
		bail_out("%s cannot be retrieved: error %d", huge_session(i), -fd);
	again = fd < 0 ? luo_retrieve_fd(session, TOKEN_MEM(0)) : fd;
	if (again < 0)
		bail_out("%s is lost: error %d", huge_session(i), -again);
	if (luo_finish(session))
		bail_out("%s cannot be finished", huge_session(i));
	close(session);
	close(again);
	return fd < 0;
}

static void give_up_huge(unsigned int i)
{
	int session = luo_retrieve(huge_session(i));

	if (luo_finish(session))
		bail_out("%s cannot be finished", huge_session(i));
	close(session);
}

static void retrieve_huge_sessions(void)
{
	unsigned int i, failed = 0, hits;
	bool hit = true;

	failing_quietly(true);
	for (i = 0; hit && i < HUGE_SESSIONS; i++)
		failed += retrieve_huge(i, &hit);
	hits = i - !hit;
	for (; i < HUGE_SESSIONS; i++)
		give_up_huge(i);
	failing_quietly(false);
	diag("%u allocations failed, %u times a memfd of huge pages was not retrieved", hits, failed);
	ok(failed && !hit, "each allocation for a memfd of huge pages has failed once",
	   "%u attempts failed, the last one was %s", failed, hit ? "hit" : "not hit");
	pool_same(&state_get()->pool[0], POOL_2M, "when all of them are finished");
}

static void after(void)
{
	static const struct sweep sweep_verify = {
		"the table can be compared", NULL, verify, nothing
	};
	static const struct sweep sweep_adopt = { "and adopted", NULL, adopt, NULL };
	static const struct sweep sweep_attach = { "the device can be attached", NULL, attach, NULL };
	struct vm *vm = story_vm(0);

	story_arrive();
	story_retrieve();
	vm_map_space(vm, 0);
	failing_sweep(&sweep_verify, vm);
	failing_sweep(&sweep_adopt, vm);
	tables_compare("after adoption");
	failing_sweep(&sweep_attach, vm);
	failing_begin(1);
	ok_rc(finish(vm), "finishing needs no memory");
	failing_end();
	close(vm->session);
	phase("finish.end");
	retrieve_huge_sessions();
	leaks_look();
	story_end();
}

SCENARIO(.name = "failing_memory", .kernel = "debug", .timeout = 160,
	 .cmdline = "lu.rate=100 hugepagesz=2M hugepages=120",
	 .before = before, .after = after);
