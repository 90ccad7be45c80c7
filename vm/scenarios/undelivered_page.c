// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM lets the kernel wait for a page of its own: one that is write-protected or missing in
 * a userfaultfd which no task serves. Neither preserve, nor the kexec, nor DISCARD of the VMM's
 * session waits for that page.
 *
 * promise: 7
 * red when: LUO answers with its rwsem held (an earlier kernel): the kexec hangs; ADOPT answers
 *   with the lock of the iommufd held: DISCARD hangs; preserve waits for the map: it hangs
 */
#include <errno.h>
#include <linux/iommufd.h>
#include <linux/liveupdate.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static bool ends(pid_t pid, unsigned int ms)
{
	for (; ms > 0; ms -= 100) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		sleep_ms(100);
	}
	return false;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A page that is registered with a userfaultfd, and the userfaultfd */
static void *uffd_page(uint64_t mode, int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = { .range = { (uintptr_t)at, PAGE }, .mode = mode };

	*uffd = syscall(SYS_userfaultfd, 0);
	if (*uffd < 0 || ioctl(*uffd, UFFDIO_API, &api))
		bail_out("userfaultfd: %s", strerror(errno));
	if (mode == UFFDIO_REGISTER_MODE_WP)
		memset(at, 0, PAGE);
	if (ioctl(*uffd, UFFDIO_REGISTER, &reg))
		bail_out("register with userfaultfd: %s", strerror(errno));
	return at;
}

/* From now on a write to the page waits for ever, a read does not */
static void protect(void *at, int uffd)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)at, PAGE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(uffd, UFFDIO_WRITEPROTECT, &wp))
		bail_out("write-protect: %s", strerror(errno));
}

/* A child that waits in IOAS_MAP */
static pid_t map_missing(struct vm *vm)
{
	pid_t pid = fork();
	int uffd;

	if (!pid) {
		ioas_map_user(vm->iommufd, vm->ioas[0],
			      uffd_page(UFFDIO_REGISTER_MODE_MISSING, &uffd),
			      &(struct area){ .iova = vm_spare.iova, .length = PAGE, .writable = 1 });
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

/* A child that waits for the answer of LIVEUPDATE_SESSION_GET_NAME */
static pid_t ask_name(int session)
{
	struct liveupdate_session_get_name *arg;
	pid_t pid = fork();
	int uffd;

	if (!pid) {
		arg = uffd_page(UFFDIO_REGISTER_MODE_WP, &uffd);
		arg->size = sizeof(*arg);
		protect(arg, uffd);
		ioctl(session, LIVEUPDATE_SESSION_GET_NAME, arg);
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

/* A child that waits for the answer of ADOPT */
static pid_t adopt(struct vm *vm)
{
	struct iommu_hwpt_liveupdate_adopt *arg;
	pid_t pid = fork();
	int uffd;

	if (!pid) {
		arg = uffd_page(UFFDIO_REGISTER_MODE_WP, &uffd);
		arg->size = sizeof(*arg);
		arg->ioas_id = vm->ioas[0];
		arg->token = vm->data->space[0].token;
		protect(arg, uffd);
		ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, arg);
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

/* preserve() in a child, so that it can be seen to hang */
static void preserve_while_mapping(struct vm *vm)
{
	pid_t map = map_missing(vm), pid;

	ok_rc(vm_preserve_memory(vm), "memory is preserved");
	pid = fork();
	if (!pid)
		_exit(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD) == -EBUSY ? 0 : 1);
	ok(ends(pid, 5000), "preserve does not wait for a map in progress", "it does");
	end(map);
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
	vmm = adopt(vm);
	agent = fork();
	if (!agent)
		_exit(luo_discard(vm->session) ? 1 : 0);
	ok(ends(agent, 5000), "DISCARD does not wait for the answer of ADOPT", "it does");
	mark_nic(0, "quiet");
	end(vmm);
	story_stopped();
}

SCENARIO(.name = "undelivered_page", .cmdline = "lu.rate=300", .discarded = "0", .timeout = 120,
	 .before = before, .after = after);
