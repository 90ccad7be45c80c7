// SPDX-License-Identifier: GPL-2.0
/*
 * Nine updates. In each update the VMM is killed one step later in its restore, and another
 * process retrieves the session again. DMA is not disturbed.
 *
 * promise: 7, 9
 * red when: a session that is merely closed is kept (`liveupdate_closing`): the session of the
 *   killed VMM is gone
 */
#include <errno.h>

#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "scenario.h"
#include "story/crash.h"
#include "story/story.h"
#include "story/tables.h"

static void before(void)
{
	story_before_series(one_nic_each, 1);
}

/* All state is in the session or in the kernel; none of the killed process is needed. */
static int adopt_what_is_left(struct vm *vm)
{
	struct iommu_liveupdate_query q;
	int rc = hwpt_query(vm->iommufd, 0, &q);

	if (rc || q.out_state != IOMMU_LIVEUPDATE_ADOPTED)
		return rc ?: vm_adopt(vm);
	vm->hwpt[0] = q.out_hwpt_id;
	vm->ioas[0] = q.out_ioas_id;
	return 0;
}

static void take_up_again(enum crash_step last)
{
	struct vm_data *data = &state_get()->vm[0];
	struct vm *vm = story_vm(0);
	int rc;

	ok_rc(vm_retrieve(vm, data), "another process retrieves all of the session");
	rc = vm_bind(vm);
	ok(rc == (last >= CRASH_BIND ? -EINVAL : 0),
	   "it binds the device, or learns that it is bound", "error %d", -rc);
	tables_compare("after the crash");
	ok_rc(adopt_what_is_left(vm), "it adopts the table, or learns of which HWPT it is");
	ok_rc(vm_attach(vm), "it attaches the device");
	vm->device[0].regs = vfio_map_bar0(vm->device[0].dev);
	rc = vm_arm(&vm->device[0]);
	ok(rc >= 0 && vm_interrupt_arrives(&vm->device[0]), "interrupts arrive", "error %d", -rc);
}

static void after(void)
{
	struct state *state;
	enum crash_step last;

	story_arrive();
	state = state_get();
	last = state->updates;
	crash_after(&state->vm[0], last);
	take_up_again(last);
	story_finish();
	if (last < CRASH_ARM) {
		story_preserve();
		story_leave();
	}
	story_end();
}

SCENARIO(.name = "crashed_vmm", .cmdline = "lu.rate=300", .updates = CRASH_ARM, .timeout = 150,
	 .before = before, .after = after);
