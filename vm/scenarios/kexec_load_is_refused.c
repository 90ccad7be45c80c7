// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel loaded with kexec_load(2) gets no KHO data, and would switch translation off under the
 * running device. So the previous kernel refuses that kexec; DMA continues, and after the session
 * is closed nothing is preserved.
 *
 * promise: 5
 * red when: the kernel refuses a next kernel without KHO data (`luo_check_next_kernel`): the
 *   machine hangs, time-out
 */
#include <errno.h>

#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	struct vm *vm = story_vm(0);

	story_begin(one_nic_each, 1);
	story_preserve();
	ok_rc(kexec_load_untold(), "something is loaded with kexec_load");
	ok_errno(kexec_try(), EINVAL, "the previous kernel does not go there");
	mark("finish.begin");
	vm_call_off(vm);
	ok(kho_records() == 0, "no record is left of the session", "%llu are",
	   (unsigned long long)kho_records());
	mark("finish.end");
	story_traffic("lu.post");
	story_judge();
}

SCENARIO(.name = "kexec_load_is_refused", .before = before);
