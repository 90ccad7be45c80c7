// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM lets the kernel wait for a page of its own: one that is write-protected or missing in
 * a userfaultfd which no task serves. Neither preserve, nor the kexec, nor DISCARD of the VMM's
 * session waits for that page, and ADOPT does not touch it.
 *
 * promise: 7
 * red when: LUO answers with its rwsem held (an earlier kernel): the kexec hangs; ADOPT answers
 *   with the lock of the iommufd held: DISCARD hangs; preserve waits for the map: it hangs
 * red when: ADOPT refuses memory that is mapped by its address before it pins any
 *   (`iommufd_lu_find_foreign`): it hangs
 */
#include <errno.h>
#include <linux/iommufd.h>
#include <linux/liveupdate.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "os/child.h"
#include "os/report.h"
#include "os/uffd.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

/* A child that waits in IOAS_MAP */
static pid_t map_missing(struct vm *vm)
{
	pid_t pid = fork();

	if (!pid) {
		ioas_map_user(vm->iommufd, vm->ioas[0], uffd_missing(),
			      &(struct area){ .iova = vm_spare.iova, .length = PAGE, .writable = 1 });
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

/* A child that waits for the answer of LIVEUPDATE_SESSION_GET_NAME */
static pid_t ask_name(int session)
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };
	pid_t pid = fork();

	if (!pid) {
		ioctl(session, LIVEUPDATE_SESSION_GET_NAME, uffd_protected(&arg, sizeof(arg)));
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

/* A child that waits for the answer of ADOPT */
static pid_t adopt(struct vm *vm)
{
	struct iommu_hwpt_liveupdate_adopt arg = {
		.size = sizeof(arg), .ioas_id = vm->ioas[0], .token = vm->data->space[0].token,
	};
	pid_t pid = fork();

	if (!pid) {
		ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, uffd_protected(&arg, sizeof(arg)));
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

/* The map touches no page, since no HWPT uses the IOAS; ADOPT in a child can be seen to hang. */
static void adopt_by_address(struct vm *vm)
{
	const struct area page = { .iova = vm_spare.iova, .length = PAGE, .writable = 1 };
	const uint64_t token = vm->data->space[0].token;
	struct adoption got;
	pid_t pid;
	int rc;

	ok_rc(ioas_map_user(vm->iommufd, vm->ioas[0], uffd_missing(), &page),
	      "an undelivered page is mapped by its address");
	pid = fork();
	if (!pid)
		_exit(-hwpt_adopt(vm->iommufd, vm->ioas[0], token, &got));
	if (!ok(child_ends(pid, 5000), "ADOPT does not wait for it", "it does"))
		child_kill(pid);
	rc = hwpt_adopt(vm->iommufd, vm->ioas[0], token, &got);
	ok(rc == -EBADE && got.bad_iova == page.iova, "it says that this page differs",
	   "error %d at 0x%llx", -rc, (unsigned long long)got.bad_iova);
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], page.iova, page.length), "it can be unmapped");
}

/* preserve() in a child, so that it can be seen to hang */
static void preserve_while_mapping(struct vm *vm)
{
	pid_t map = map_missing(vm), pid;

	ok_rc(vm_preserve_memory(vm), "memory is preserved");
	pid = fork();
	if (!pid)
		_exit(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD) == -EBUSY ? 0 : 1);
	ok(child_ends(pid, 5000), "preserve does not wait for a map in progress", "it does");
	child_kill(map);
	vm_call_off(vm);
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	ok_rc(vm_mark(story_vm(0)), "the HWPT is marked");
	preserve_while_mapping(story_vm(0));
	story_preserve();
	ask_name(story_vm(0)->session);
	story_leave();
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	pid_t vmm, agent;

	story_arrive();
	pci_bind_vfio(state_get()->vm[0].device[0].bdf);
	ok_rc(vm_retrieve(vm, &state_get()->vm[0]), "the VM is retrieved");
	ok_rc(vm_bind(vm), "its device is bound");
	vm_map_space(vm, 0);
	adopt_by_address(vm);
	vmm = adopt(vm);
	agent = fork();
	if (!agent)
		_exit(luo_discard(vm->session) ? 1 : 0);
	ok(child_ends(agent, 5000), "DISCARD does not wait for the answer of ADOPT", "it does");
	mark_nic(0, "quiet");
	child_kill(vmm);
	story_stopped();
}

SCENARIO(.name = "undelivered_page", .cmdline = "lu.rate=300", .discarded = "0", .timeout = 120,
	 .before = before, .after = after);
