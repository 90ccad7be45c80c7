// SPDX-License-Identifier: GPL-2.0
/*
 * Three tenants beside a VM, each with a device: calls that never return, on the device, on the
 * session or on the memory; a guest that puts its device to sleep and resets it all the time; an
 * unbind and a slot that is switched off while the device is in use; an HWPT whose device is not
 * preserved. If the host is strict each of them makes reboot(2) fail within two seconds, and
 * the log names the session. If it is not, the kexec leaves them behind, and the VM loses no frame.
 * Their devices are ordinary ones in the next kernel.
 *
 * promise: 5, 7
 * red when: a session is left behind (`luo_leave_behind`): reboot(KEXEC) fails with EBUSY for
 *   all sessions; LUO lets no call hold its rwsem (an earlier kernel): reboot(KEXEC) hangs;
 *   the port keeps its hotplug service (`pci_liveupdate_keeps_services`): it hangs in shutdown
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/child.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/uffd.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"
#include "story/stubborn.h"

#define TENANTS		3
#define UNBIND		"/sys/bus/pci/drivers/vfio-pci/unbind"
#define SLOT		"/sys/bus/pci/slots/9/power"
#define MOST_NAPS	40	/* two seconds */
#define TOKEN_SPARE	0x400ull

static struct minimal_vm tenants[TENANTS] = {
	{ .name = "stubborn" }, { .name = "unplugged" }, { .name = "lonely" },
};

/* A memfd in no session yet */
static int spare;

static void make_tenants(void)
{
	struct minimal_vm *lonely = &tenants[2];
	unsigned int i;

	for (i = 0; i < TENANTS; i++) {
		pci_find_device(EXTRA_E1000E, i, tenants[i].bdf);
		minimal_vm_build(&tenants[i]);
	}
	minimal_vm_preserve(&tenants[0]);
	minimal_vm_preserve(&tenants[1]);
	/* Its device is not preserved */
	lonely->session = luo_create(lonely->name);
	if (luo_preserve_fd(lonely->session, lonely->memfd, TOKEN_MEM(0)) ||
	    luo_preserve_fd(lonely->session, lonely->iommufd, TOKEN_IOMMUFD))
		bail_out("preserve tenant %s", lonely->name);
	spare = vm_memfd(MIB, SEALS_FIXED);
}

/* A clock that a pause of the whole emulator does not move on */
static volatile unsigned int *naps;

static void count_naps(const void *unused)
{
	(void)unused;
	close_range(3, ~0u, 0);
	for (;; ++*naps)
		nap(1);
}

/* In naps; the kernel stays */
static unsigned int leave(int *rc)
{
	unsigned int before;

	klog_skip();
	before = *naps;
	reboot(RB_KEXEC);
	*rc = -errno;
	return *naps - before;
}

static unsigned int most;

/* The first session that cannot go has the errno; that of tenant 2 never can */
static void cannot_leave(int error, const char *words, const char *what)
{
	unsigned int n;
	int rc;

	n = leave(&rc);
	refused(rc, error, words, what);
	most = n > most ? n : most;
	ok(n <= MOST_NAPS, "within two seconds", "%u naps of 50 ms", n);
}

static void call_session(const void *tenant)
{
	const struct minimal_vm *t = tenant;
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };

	ioctl(t->session, LIVEUPDATE_SESSION_GET_NAME, uffd_protected(&arg, sizeof(arg)));
}

static void preserve_memory(const void *tenant)
{
	const struct minimal_vm *t = tenant;

	luo_preserve_fd(t->session, spare, TOKEN_SPARE);
}

static void toss(const void *tenant)
{
	const struct minimal_vm *t = tenant;

	for (;;) {
		vfio_set_power_state(t->dev, 3);
		vfio_reset(t->dev);
		vfio_set_power_state(t->dev, 0);
	}
}

static void unbind(const void *tenant)
{
	const struct minimal_vm *t = tenant;

	close_range(3, ~0u, 0);
	file_write(UNBIND, t->bdf);
}

static void switch_off(const void *tenant)
{
	(void)tenant;
	close_range(3, ~0u, 0);
	file_write(SLOT, "0");
}

static void one_by_one(struct minimal_vm *t)
{
	pid_t pid, other;

	pid = stubborn_call(t->dev);
	ok_errno(luo_check(tenants[0].name), EBUSY, "the session can be seen to be stubborn");
	ok_rc(luo_check(story_vm(0)->data->session), "and the VM's not to be");
	cannot_leave(EBUSY, "session [stubborn] cannot be frozen, no kexec",
		     "a call on a device does not return");
	child_kill(pid);

	pid = stubborn_write(spare);
	other = child_start(preserve_memory, t);
	cannot_leave(EBUSY, "session [stubborn] cannot be frozen, no kexec",
		     "a call on a session does not return");
	child_kill(pid);
	ok(child_ends(other, 5000), "the call returns with the write", "it does not");

	pid = child_start(call_session, t);
	cannot_leave(ENODEV, "session [lonely] cannot be frozen, no kexec",
		     "an answer is not taken, and only the HWPT without a device keeps the host");
	child_kill(pid);

	pid = child_start(toss, t);
	cannot_leave(ENODEV, "no preserved device is attached to the HWPT",
		     "a guest lets its device sleep and wake, and does not keep the host");
	child_kill(pid);
}

static void before(void)
{
	struct vm *vm = story_vm(0);
	pid_t clock;

	story_begin(one_nic_each, 1);
	story_preserve();
	make_tenants();
	kexec_load_next(story_stage());
	kexec_strict(true);
	naps = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (naps == MAP_FAILED)
		bail_out("memory for a clock: %s", strerror(errno));
	clock = child_start(count_naps, NULL);
	ok(*naps > 0, "a clock runs", "it does not");
	one_by_one(&tenants[0]);
	child_start(switch_off, &tenants[1]);
	cannot_leave(EBUSY, "session [unplugged] cannot be frozen, no kexec",
		     "a slot is being switched off");
	kexec_strict(false);
	child_kill(clock);
	fig("most_naps", most);
	sleep_ms(300);
	vm_interrupts(&vm->device[0]);
	ok_nic(0, vm_interrupt_came(&vm->device[0]), "the VM's interrupts arrive", "none");

	stubborn_call(tenants[0].dev);
	child_start(unbind, &tenants[2]);
	story_leave();
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	unsigned int i;
	char bdf[BDF_LEN];
	int dev;

	story_arrive();
	for (i = 0; i < TENANTS; i++) {
		pci_find_device(EXTRA_E1000E, i, bdf);
		ok(!pci_bus_master(bdf), "bus mastering of a tenant's device is off", "it is on");
		ok_errno(luo_try_retrieve(tenants[i].name), ENOENT, "its session is unknown");
	}
	story_retrieve();
	story_adopt();
	story_finish();
	for (i = 0; i < TENANTS; i++) {
		pci_find_device(EXTRA_E1000E, i, bdf);
		dev = extra_attach(vm, bdf);
		ok(dev >= 0, "a tenant's device is an ordinary one", "error %d", -dev);
		close(dev);
	}
	story_end();
}

SCENARIO(.name = "stubborn_tenants", .cmdline = "lu.rate=300", .timeout = 150,
	 .qemu = "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
		 " -device pcie-root-port,id=a,chassis=8,slot=8,addr=08 -device e1000e,bus=a"
		 " -device pcie-root-port,id=b,chassis=9,slot=9,addr=09 -device e1000e,bus=b"
		 " -device pcie-root-port,id=c,chassis=10,slot=10,addr=0a -device e1000e,bus=c",
	 .before = before, .after = after);
