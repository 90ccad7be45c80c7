// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM builds its page tables anew with one call of libiolu, and its NIC leaves the restored one
 * without the loss of a frame. The new table is an ordinary one: the next update adopts it.
 *
 * promise: library
 * red when: devices enter their restored table before they move (`enter_restored` in `lib/adopt.c`):
 *   the device cannot be attached to the new table: busy
 */
#include <errno.h>

#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "lib/library.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

static struct iolu_vm *vm;

static void save(void)
{
	lib_must(vm, iolu_vm_save(vm), "the VM is saved");
	mark("preserve.end");
	tables_record();
	story_leave();
}

static void before(void)
{
	lib_plan(state_create(), 1);
	vm = lib_build(0);
	lib_watch(vm);
	lib_show(vm, 0);
	lib_receive(1);
	kexec_keep_next();
	save();
}

/* The restored HWPT goes with the session; the new one has no mark before the next save. */
static void check_hwpts(void)
{
	struct iommu_liveupdate_query q;

	ok_errno(hwpt_query(iolu_vm_iommufd(vm), 0, &q), ENOENT,
		 "no HWPT is part of the update any more");
	ok(iolu_vm_hwpt_id(vm, "table") > 0, "the VM has its HWPT", "it has not");
}

static void rebuild(void)
{
	lib_must(vm, iolu_vm_retrieve(vm), "the VM is retrieved");
	lib_must(vm, iolu_vm_rearm(vm), "its interrupts are armed");
	lib_show(vm, 0);
	lib_refuses(vm, iolu_vm_finish(vm), EBUSY, "\"table\" is not adopted",
		    "it cannot be finished yet");
	tables_compare("before the table is replaced");
	lib_must(vm, iolu_vm_rebuild(vm), "its table is built anew");
	lib_holds(vm, iolu_vm_rebuild(vm), "a second time there is nothing to do");
	mark("attach.end");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	check_hwpts();
}

static void adopt(void)
{
	lib_must(vm, iolu_vm_restore(vm), "the next update adopts the new table");
	mark("attach.end");
	lib_show(vm, 0);
	tables_compare("after adoption");
	lib_must(vm, iolu_vm_finish(vm), "and is finished");
	mark("finish.end");
}

static void after(void)
{
	bool last;

	story_arrive();
	last = state_get()->updates == 2;
	vm = lib_new(0);
	lib_watch(vm);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	if (last)
		adopt();
	else
		rebuild();
	story_traffic("lu.post");
	if (!last)
		save();
	story_judge();
	iolu_vm_free(vm);
}

SCENARIO(.name = "library_rebuild", .updates = 2, .timeout = 150, .before = before, .after = after);
