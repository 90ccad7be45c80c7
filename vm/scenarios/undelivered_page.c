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

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "os/child.h"
#include "os/report.h"
#include "os/uffd.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

/* Bodies of children: each waits in its call, or is seen not to */

static void map_missing(const void *vm)
{
	const struct area area = { .iova = vm_spare.iova, .length = PAGE, .writable = 1 };

	ioas_map_user(((const struct vm *)vm)->iommufd, ((const struct vm *)vm)->ioas[0],
		      uffd_missing(), &area);
}

static void ask_name(const void *vm)
{
	const struct liveupdate_session_get_name arg = { .size = sizeof(arg) };

	ioctl(((const struct vm *)vm)->session, LIVEUPDATE_SESSION_GET_NAME,
	      uffd_protected(&arg, sizeof(arg)));
}

static void adopt_unanswered(const void *arg)
{
	const struct vm *vm = arg;
	const struct iommu_hwpt_liveupdate_adopt adopt = {
		.size = sizeof(adopt), .ioas_id = vm->ioas[0], .token = vm->data->space[0].token,
	};

	ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, uffd_protected(&adopt, sizeof(adopt)));
}

static void adopt(const void *arg)
{
	const struct vm *vm = arg;
	struct adoption got;

	hwpt_adopt(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got);
}

static void preserve(const void *arg)
{
	const struct vm *vm = arg;

	luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
}

static void discard(const void *vm)
{
	luo_discard(((const struct vm *)vm)->session);
}

static void does_not_wait(void (*body)(const void *vm), const struct vm *vm, const char *fact)
{
	pid_t pid = child_start(body, vm);

	if (!ok(child_ends(pid, 5000), fact, "it does"))
		child_kill(pid);
}

/* The map touches no page, since no HWPT uses the IOAS. */
static void adopt_by_address(struct vm *vm)
{
	const struct area page = { .iova = vm_spare.iova, .length = PAGE, .writable = 1 };
	struct adoption got;
	int rc;

	ok_rc(ioas_map_user(vm->iommufd, vm->ioas[0], uffd_missing(), &page),
	      "an undelivered page is mapped by its address");
	does_not_wait(adopt, vm, "ADOPT does not wait for it");
	rc = hwpt_adopt(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got);
	ok(rc == -EBADE && got.bad_iova == page.iova, "it says that this page differs",
	   "error %d at 0x%llx", -rc, (unsigned long long)got.bad_iova);
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], page.iova, page.length), "it can be unmapped");
}

static void preserve_while_mapping(struct vm *vm)
{
	pid_t map = child_start(map_missing, vm);

	ok_rc(vm_preserve_memory(vm), "memory is preserved");
	does_not_wait(preserve, vm, "preserve does not wait for a map in progress");
	child_kill(map);
	vm_call_off(vm);
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	ok_rc(vm_mark(story_vm(0)), "the HWPT is marked");
	preserve_while_mapping(story_vm(0));
	story_preserve();
	child_start(ask_name, story_vm(0));
	story_leave();
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	pid_t vmm;

	story_arrive();
	pci_bind_vfio(state_get()->vm[0].device[0].bdf);
	ok_rc(vm_retrieve(vm, &state_get()->vm[0]), "the VM is retrieved");
	ok_rc(vm_bind(vm), "its device is bound");
	vm_map_space(vm, 0);
	adopt_by_address(vm);
	vmm = child_start(adopt_unanswered, vm);
	does_not_wait(discard, vm, "DISCARD does not wait for the answer of ADOPT");
	mark_nic(0, "quiet");
	child_kill(vmm);
	story_stopped();
}

SCENARIO(.name = "undelivered_page", .cmdline = "lu.rate=300", .discarded = "0", .timeout = 120,
	 .before = before, .after = after);
