// SPDX-License-Identifier: GPL-2.0
/*
 * Refusals of the previous kernel at the last moment, after reboot(2) was called, on a host that is
 * strict: an HWPT whose device is not preserved, a bridge without bus mastering. Each time
 * everything is unfrozen, and DMA and interrupts continue. An HWPT without a device is refused
 * when it is preserved. Then the update is made.
 *
 * promise: 5
 * red when: an HWPT without a device is refused at preserve (`iommufd_lu_has_device`): the VM is
 *   preserved with it
 */
#include <errno.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define TOKEN_MORE	0x300ull
#define TOKEN_LONELY	0xd0e000ull

struct more {
	char bdf[BDF_LEN];
	struct pci_path path;
	int dev;
};

/* Not a mark for the host: the kernel stays. */
static int try_to_leave(void)
{
	klog_skip();
	reboot(RB_KEXEC);
	return -errno;
}

static void goes_on(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];
	uint32_t head;
	int rc;

	sleep_ms(300);
	head = device_progress(nic);
	vm_interrupts(nic);
	ok_nic(0, device_reaches(nic, head + 100) && vm_interrupt_came(nic),
	       "frames and interrupts keep arriving", "head at %u, then %u", head,
	       device_progress(nic));
	rc = vm_arm(nic);
	ok_nic(0, rc >= 0, "the device takes orders again", "error %d", -rc);
}

static void without_device(struct vm *vm, const struct more *more)
{
	uint32_t lonely;

	ok_rc(hwpt_alloc(vm->iommufd, vm->device[0].id, vm->ioas[0], &lonely),
	      "an HWPT without a device is made");
	ok_rc(hwpt_mark(vm->iommufd, lonely, TOKEN_LONELY), "and marked");
	klog_skip();
	refused(vm_preserve(vm), ENODEV, "no device is attached to the HWPT",
		"the VM is not preserved with it");
	vm_call_off(vm);

	ok_rc(vfio_detach(more->dev), "another device is detached");
	ok_rc(vfio_attach(more->dev, lonely), "and attached to the HWPT");
	ok_rc(vm_preserve(vm), "the VM is preserved with it");
	refused(try_to_leave(), ENODEV, "no preserved device is attached to the HWPT",
		"the kernel does not leave without the device");
	goes_on(vm);
	vm_call_off(vm);
	ok_rc(vfio_detach(more->dev), "the device is detached");
	ok_rc(vfio_attach(more->dev, vm->hwpt[0]), "and attached to the VM's HWPT");
	ok_rc(iommufd_destroy(vm->iommufd, lonely), "the HWPT is destroyed");
}

static void preserve_more(struct vm *vm, const struct more *more)
{
	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_rc(luo_preserve_fd(vm->session, more->dev, TOKEN_MORE), "and the other device, too");
}

static void blocked(struct vm *vm, const struct more *more)
{
	vfio_enable_bus_master(more->dev);
	preserve_more(vm, more);
	pci_set_bus_master(more->path.bdf[0], false);
	refused(try_to_leave(), ENOLINK, "not frozen: bridge above has bus mastering off",
		"the kernel does not leave while a bridge lets nothing through");
	goes_on(vm);
	pci_set_bus_master(more->path.bdf[0], true);
	vm_call_off(vm);
}

static void take(struct vm *vm, struct more *more)
{
	uint32_t id;
	int rc;

	pci_find_device(EXTRA_E1000E, 0, more->bdf);
	pci_path(more->bdf, &more->path);
	more->dev = vfio_open_bound(more->bdf, vm->iommufd, &id);
	rc = more->dev < 0 ? more->dev : vfio_attach(more->dev, vm->hwpt[0]);
	if (rc)
		bail_out("take %s: %s", more->bdf, strerror(-rc));
}

static void before(void)
{
	struct vm *vm = story_vm(0);
	struct more more;

	story_begin(one_nic_each, 1);
	take(vm, &more);
	kexec_load_next(story_stage());
	ok_rc(vm_mark(vm), "the HWPT is marked");
	kexec_strict(true);
	without_device(vm, &more);
	blocked(vm, &more);
	close(more.dev);
	kexec_strict(false);
	story_preserve();
	story_leave();
}

SCENARIO(.name = "refusals_freeze", .cmdline = "lu.rate=300", .timeout = 120,
	 .qemu = "-device pcie-root-port,id=more,chassis=8,addr=08 -device e1000e,bus=more",
	 .before = before, .after = story_after);
