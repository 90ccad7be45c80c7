// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that cannot be preserved, each with its error and a line in the log: not bound, not
 * attached, attached to an HWPT that is not preserved, without the other device of its group, with a
 * DMA alias, with ATS that is off, of a class that the next kernel drives by itself, a virtual
 * function without its physical function, a physical function without one of its virtual functions,
 * in D3, preserved already. All belong to the same VM, whose NIC can be preserved throughout.
 *
 * The machine has a port with two functions that are not isolated from each other, a display, an
 * xHCI, a virtio device whose ATS is off, a NIC behind a bridge to conventional PCI, and virtual
 * functions. No traffic.
 *
 * promise: 4
 * red when: a physical function is not frozen while a virtual function is in use and not
 *   preserved (`pci_lu_leaves_vf`): it can be frozen without the virtual function
 * red when: a virtual function needs its physical function in a session
 *   (`pci_lu_outgoing_check`): it is preserved alone
 * red when: ATS that IOMMU and device have is on (`intel_lu_check_ats`): the virtio device,
 *   whose ATS is off, is preserved
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/nic.h"
#include "device/pci.h"
#include "iommu/platform.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"



/* Refused by the PCI core, by the IOMMU core and iommufd */
#define REFUSED		"not preserved: "
#define CLASS		REFUSED "device class is used by kernels at boot"

static int preserve_device(struct vm *vm, int dev)
{
	klog_skip();
	return luo_preserve_fd(vm->session, dev, EXTRA_TOKEN);
}

/* The NIC of the VM is taken, and let go again. */
static void nic_is_taken(struct vm *vm, const char *name)
{
	ok_rc(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)), name);
	vm_call_off(vm);
}

static void refuse(struct vm *vm, uint32_t ids, int expected, const char *words,
		   const char *name)
{
	char bdf[BDF_LEN];
	int other;

	pci_find_device(ids, 0, bdf);
	other = extra_attach(vm, bdf);
	extra_open_session(vm);
	refused(preserve_device(vm, other), expected, words, name);
	nic_is_taken(vm, "the VM's own NIC is taken");
	close(other);
}

/* Two functions of a device that says nothing about isolation */
static void group_of_two(struct vm *vm)
{
	char bdf[BDF_LEN];
	int a, b;

	pci_find_device(EXTRA_E1000E, 0, bdf);
	a = extra_attach(vm, bdf);
	pci_find_device(EXTRA_E1000E, 1, bdf);
	b = extra_attach(vm, bdf);
	extra_open_session(vm);
	ok_rc(preserve_device(vm, a), "a device in a group of two is taken");
	refused(luo_check(vm->data->session), ENOTEMPTY,
		"not frozen: members of its IOMMU group are in use and not preserved",
		"it cannot be frozen without the other");
	ok_rc(luo_preserve_fd(vm->session, b, EXTRA_TOKEN + 1), "the other is taken, too");
	ok_rc(luo_check(vm->data->session), "both can be frozen");
	nic_is_taken(vm, "the VM's own NIC is taken");
	close(a);
	close(b);
}

/* No kernel uses one at boot; a 3D controller is another of the kind. */
static void display_that_is_no_vga(struct vm *vm)
{
	char bdf[BDF_LEN];
	int other;

	pci_find_device(EXTRA_DISPLAY, 0, bdf);
	other = extra_attach(vm, bdf);
	extra_open_session(vm);
	ok_rc(preserve_device(vm, other), "a display that is no VGA adapter is taken");
	vm_call_off(vm);
	close(other);
}

static void kinds(struct vm *vm)
{
	group_of_two(vm);
	refuse(vm, EXTRA_VGA, EPERM, CLASS, "a display is refused");
	display_that_is_no_vga(vm);
	refuse(vm, EXTRA_XHCI, EPERM, CLASS, "a USB host controller is refused");
	if (platform()->ats)
		refuse(vm, EXTRA_VIRTIO_RNG, EOPNOTSUPP, "ATS, and it is off",
		       "a device whose ATS is off is refused");
	refuse(vm, EXTRA_E1000, EXDEV, REFUSED "DMA uses another requester ID",
	       "a device with a DMA alias is refused");
}

static void attachments(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];
	char bdf[BDF_LEN];
	uint32_t other;
	int second;

	/* An HWPT without a device is not preserved. */
	pci_find_device(EXTRA_E1000, 0, bdf);
	second = extra_attach(vm, bdf);
	ok_rc(vfio_detach(nic->dev), "the NIC is detached");
	extra_open_session(vm);
	refused(preserve_device(vm, nic->dev), ENOENT, REFUSED,
		"a device that is not attached is refused");
	vm_call_off(vm);
	ok_rc(hwpt_alloc(vm->iommufd, nic->id, vm->ioas[0], &other), "an HWPT without a mark");
	ok_rc(vfio_attach(nic->dev, other), "gets the NIC");
	extra_open_session(vm);
	refused(preserve_device(vm, nic->dev), ENOENT, REFUSED,
		"a device attached to an HWPT that is not preserved is refused");
	vm_call_off(vm);
	ok_rc(vfio_attach(nic->dev, vm->hwpt[0]), "the NIC is back where it was");
	ok_rc(iommufd_destroy(vm->iommufd, other), "and the other HWPT is destroyed");
	close(second);
	extra_open_session(vm);
	nic_is_taken(vm, "now it is taken");
}

static void another_session(struct vm *vm)
{
	int other = luo_create("other");

	extra_open_session(vm);
	klog_skip();
	refused(luo_preserve_fd(other, vm->device[0].dev, EXTRA_TOKEN), ENOENT, REFUSED,
		"a device whose iommufd is in another session is refused");
	close(other);
	nic_is_taken(vm, "it is taken into the same");
}

static void not_bound(struct vm *vm)
{
	char bdf[BDF_LEN];
	int dev;

	pci_find_device(EXTRA_E1000E, 0, bdf);
	dev = vfio_open(bdf);
	extra_open_session(vm);
	ok_errno(preserve_device(vm, dev), ENOTCONN,
		 "a device that is bound to no iommufd is refused");
	ok_errno(preserve_device(vm, 0), ENOENT, "a file of another kind is refused");
	nic_is_taken(vm, "the VM's own NIC is taken");
	close(dev);
}

static void asleep(struct vm *vm)
{
	int dev = vm->device[0].dev;

	ok_rc(vfio_set_power_state(dev, 3), "the NIC is put to sleep");
	ok(pci_power_state(vm->device[0].place->bdf) == 3, "it is in D3", "D%d",
	   pci_power_state(vm->device[0].place->bdf));
	extra_open_session(vm);
	refused(preserve_device(vm, dev), EAGAIN, REFUSED "not in D0",
		"a device in D3 is refused");
	ok_rc(vfio_set_power_state(dev, 0), "it is woken up");
	nic_is_taken(vm, "and taken");
}

static void twice(struct vm *vm)
{
	int other;

	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_errno(luo_preserve_fd(vm->session, vm->device[0].dev, EXTRA_TOKEN), EBUSY,
		 "its NIC cannot be preserved twice");
	ok_errno(luo_preserve_fd(vm->session, vm->iommufd, EXTRA_TOKEN), EBUSY,
		 "nor its iommufd");
	ok_errno(luo_preserve_fd(vm->session, vm->mem_fd[0], EXTRA_TOKEN), EBUSY,
		 "nor its memory");
	ok_errno(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_IOMMUFD), EEXIST,
		 "nor anything under a token in use");
	other = luo_create("other");
	ok_errno(luo_preserve_fd(other, vm->iommufd, EXTRA_TOKEN), EBUSY,
		 "nor the iommufd in another session");
	ok_errno(luo_preserve_fd(other, vm->device[0].dev, EXTRA_TOKEN), EBUSY, "nor the NIC");
	close(other);
	vm_call_off(vm);
}

/* The session of the NIC; the virtual function of its user is preserved in it, too, or not. */
static void virtual_functions(struct vm *vm)
{
	int nic = vm->device[0].dev, vf;
	char bdf[BDF_LEN];

	vf = extra_attach_vf(vm, bdf);
	extra_open_session(vm);
	refused(preserve_device(vm, vf), ENXIO, REFUSED "its physical function is not preserved",
		"a virtual function is refused without its physical function");
	ok_rc(luo_preserve_fd(vm->session, nic, TOKEN_DEVICE(0)), "the physical function is taken");
	klog_skip();
	refused(luo_check(vm->data->session), ENOTEMPTY,
		"not frozen: a virtual function is in use and not preserved",
		"it cannot be frozen without the virtual function");
	ok_rc(preserve_device(vm, vf), "the virtual function is taken after it");
	ok_rc(luo_check(vm->data->session), "both can be frozen");
	vm_call_off(vm);
	close(vf);
	extra_open_session(vm);
	ok_rc(luo_preserve_fd(vm->session, nic, TOKEN_DEVICE(0)), "the physical function alone");
	ok_rc(luo_check(vm->data->session), "can be frozen when its virtual function is idle");
	vm_call_off(vm);
	ok_rc(pci_set(vm->device[0].place->bdf, "sriov_numvfs", "0"), "it loses it");
	extra_open_session(vm);
	nic_is_taken(vm, "and is taken");
}

static void before(void)
{
	struct vm *vm = story_alone();

	ok_rc(vm_mark(vm), "the HWPT is marked");
	kinds(vm);
	not_bound(vm);
	sleep_ms(5100);		/* the log takes ten such lines in five seconds */
	attachments(vm);
	another_session(vm);
	asleep(vm);
	virtual_functions(vm);
	twice(vm);
	story_close(vm);
}

SCENARIO(.name = "refusals_devices", .cmdline = "vfio-pci.enable_sriov=1",
	 .iommu = "device-iotlb=on",
	 .qemu = EXTRA_MACHINE " -device pcie-root-port,id=more,chassis=10,addr=0d"
		 " -device bochs-display,bus=more", .before = before);
