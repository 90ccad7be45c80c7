// SPDX-License-Identifier: GPL-2.0
/*
 * A vfio device in use is unbound from its driver, or its slot is switched off. Either waits until
 * its files are closed, with the device lock held, and kexec would wait for that lock for ever.
 * Preserve and freeze of the device are refused as long as the removal is pending. Then resets:
 * from preserve on they are refused in each way. At last the update is made, while a device in use
 * that is not preserved is being unbound: the removal releases the lock.
 *
 * promise: 5
 * red when: freeze tests for the pending removal (`liveupdate_removed`) and for the device lock, or
 *   the removal releases the lock (`pci_liveupdate_abandon_remove`): the previous kernel does not
 *   return from reboot(KEXEC)
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/child.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define UNBIND	"/sys/bus/pci/drivers/vfio-pci/unbind"
#define SLOT	"/sys/bus/pci/slots/8/power"
#define PENDING	"not frozen: removal of the device is pending"

static int leave(void)
{
	klog_skip();
	return kexec_try();
}

/* Write to an attribute from another process, which blocks. It has no file of the VM open. */
static pid_t removal(const char *path, const char *text)
{
	pid_t pid = fork();

	if (!pid) {
		close_range(3, ~0u, 0);
		file_write(path, text);
		_exit(0);
	}
	nap(14);
	return pid;
}

/* A device that is in use and not preserved */
static void unbound(struct vm *vm, const char *bdf)
{
	int dev = extra_attach(vm, bdf);
	pid_t pid = removal(UNBIND, bdf);

	ok(!child_ends(pid, 300), "unbinding a device in use waits", "it does not");
	ok_rc(vm_preserve(vm), "the VM's own device can be preserved meanwhile");
	klog_skip();
	refused(luo_preserve_fd(vm->session, dev, EXTRA_TOKEN), EBUSY,
		"not preserved: removal of the device is pending",
		"the device that is being unbound cannot");
	vm_call_off(vm);
	close(dev);
	ok(child_ends(pid, 5000), "unbinding ends when the device is closed", "it does not");
}

/* A device that is preserved */
static void switched_off(struct vm *vm, const char *bdf)
{
	char path[64];
	int dev = extra_attach(vm, bdf);
	pid_t pid;

	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_rc(luo_preserve_fd(vm->session, dev, EXTRA_TOKEN), "and a device in a slot");
	pid = removal(SLOT, "0");
	ok(!child_ends(pid, 300), "switching the slot off waits", "it does not");
	kexec_strict(true);
	refused(leave(), EBUSY, PENDING, "and a strict kernel does not leave");
	kexec_strict(false);
	vm_call_off(vm);
	close(dev);
	ok(child_ends(pid, 8000), "the slot is off when the device is closed", "it is not");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	ok(access(path, F_OK) < 0, "and the device is gone", "it is there");
}

static void resets(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];
	const char *bdf = nic->place->bdf;
	struct pci_path path;

	pci_path(bdf, &path);
	ok_errno(pci_set(bdf, "reset", "1"), EBUSY, "a preserved device cannot be reset by sysfs");
	ok_errno(pci_set(path.bdf[0], "reset_subordinate", "1"), EBUSY, "nor its bus");
	ok_errno(vfio_reset(nic->dev), EBUSY, "nor can its VMM reset it");
	ok_nic(0, nic->ops->running(nic->regs), "the device is receiving", "it was reset");
}

static void before(void)
{
	struct vm *vm = story_vm(0);
	char bdf[BDF_LEN];
	pid_t pid;

	story_begin(one_nic_each, 1);
	kexec_load_next(story_stage());
	ok_rc(vm_mark(vm), "the HWPT is marked");
	pci_find_device(EXTRA_E1000E, 0, bdf);
	unbound(vm, bdf);
	switched_off(vm, bdf);

	pci_find_device(EXTRA_E1000E, 0, bdf);
	extra_attach(vm, bdf);
	pid = removal(UNBIND, bdf);
	ok(!child_ends(pid, 300), "unbinding another device in use waits", "it does not");
	story_preserve();
	resets(vm);
	story_leave();
}

SCENARIO(.name = "removal_is_pending", .cmdline = "lu.rate=300", .timeout = 120,
	 .qemu = "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
		 " -device pcie-root-port,id=more,chassis=8,slot=8,addr=08"
		 " -device e1000e,bus=more"
		 " -device pcie-root-port,id=other,chassis=9,slot=9,addr=09"
		 " -device e1000e,bus=other",
	 .before = before, .after = story_after);
