// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM binds its retrieved device, with an answer that is to be written to a page which another
 * thread of it never delivers. The call keeps a lock of the device. The session can be discarded
 * all the same: the device is quiesced at once, and is released when the VMM is killed.
 *
 * promise: 6, 7
 * red when: DISCARD only tries the lock of the device set (`vfio_pci_lu_incoming_discard`): it waits
 *   for the VMM
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>
#include <linux/vfio.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/child.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define VICTIM	1u

/* Can be read; whoever writes to it waits for this process. */
static void *page_without_writes(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register all = {
		.range = { (uintptr_t)at, PAGE }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, 0);

	memset(at, 0, PAGE);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &all))
		bail_out("userfaultfd: %s", strerror(errno));
	/* The descriptor stays open as long as the process lives */
	((int *)at)[PAGE / sizeof(int) - 1] = fd;
	return at;
}

static void refuse_writes(void *at)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)at, PAGE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(((int *)at)[PAGE / sizeof(int) - 1], UFFDIO_WRITEPROTECT, &wp))
		bail_out("write-protect: %s", strerror(errno));
}

static pid_t bind_without_end(const struct vm *vm)
{
	struct vfio_device_bind_iommufd *arg;
	pid_t pid = fork();

	if (pid)
		return pid;
	arg = page_without_writes();
	arg->argsz = sizeof(*arg);
	arg->iommufd = vm->iommufd;
	refuse_writes(arg);
	ioctl(vm->device[0].dev, VFIO_DEVICE_BIND_IOMMUFD, arg);
	_exit(0);
}

static void before(void)
{
	story_before(one_nic_each, 2);
}

static void after(void)
{
	struct vm *vm = story_vm(VICTIM);
	const char *bdf;
	pid_t vmm, discard;

	story_arrive();
	bdf = state_get()->vm[VICTIM].device[0].bdf;
	pci_bind_vfio(bdf);
	ok_rc(vm_retrieve(vm, &state_get()->vm[VICTIM]), "a VM is retrieved");
	vmm = bind_without_end(vm);
	ok(!child_ends(vmm, 1000), "its VMM does not come back from the bind", "it does");
	discard = fork();
	if (!discard)
		_exit(-luo_discard(vm->session));
	ok(child_ends(discard, 5000), "its session can be discarded", "DISCARD hangs");
	ok(!pci_bus_master(bdf), "the device is quiesced", "it is bus master");
	mark_nic(VICTIM, "quiet");
	kill(vmm, SIGKILL);
	ok(child_ends(vmm, 5000), "the VMM can be killed", "it cannot");
	close(vm->device[0].dev);
	close(vm->iommufd);
	close(vm->session);
	story_take_over(story_vm(0));
	sleep_ms(500);
	story_receive_again(VICTIM);
	story_discard_from(VICTIM);
	story_end();
}

SCENARIO(.name = "bind_does_not_return", .nics = "igb,igb", .discarded = "1",
	 .cmdline = "lu.rate=300", .timeout = 120, .before = before, .after = after);
