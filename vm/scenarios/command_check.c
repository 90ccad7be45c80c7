// SPDX-License-Identifier: GPL-2.0
/*
 * `iolu check` and the kernel agree: for each kind of device that cannot be preserved check says
 * no, with the reason, and the kernel refuses to preserve the device; for the VM's NIC check says
 * yes, and the kernel preserves it. The machine is that of refusals_devices with one more NIC. No
 * traffic.
 *
 * promise: command
 * red when: the kernel refuses what check refuses (a kernel without `pci_lu_leaves_vf` and
 *   without the rules about ATS that is off and about a virtual function alone): check says no,
 *   or is unsure, and the kernel preserves the virtio device and the virtual function, and can
 *   freeze the NIC without the latter
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>


#include "device/dma_device.h"
#include "device/extra.h"
#include "device/pci.h"
#include "iommu/platform.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/command.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define NOINTXMASK	"/sys/module/vfio_pci/parameters/nointxmask"

static int check(const char *bdf)
{
	return iolu("check", "--device", bdf, NULL);
}

static int preserve(struct vm *vm, int dev)
{
	int rc;

	extra_open_session(vm);
	rc = luo_preserve_fd(vm->session, dev, EXTRA_TOKEN);
	vm_call_off(vm);
	return rc;
}

/* Both say no. */
static void agree(struct vm *vm, const char *bdf, int dev, const char *why, int error,
		  const char *what)
{
	char name[100];

	snprintf(name, sizeof(name), "check says no to %s", what);
	iolu_tells(check(bdf), 1, why, name);
	snprintf(name, sizeof(name), "and the kernel refuses %s", what);
	ok_errno(preserve(vm, dev), error, name);
}

static void kind(struct vm *vm, uint32_t ids, const char *why, int error, const char *what)
{
	char bdf[BDF_LEN];
	int dev;

	pci_find_device(ids, 0, bdf);
	dev = extra_attach(vm, bdf);
	agree(vm, bdf, dev, why, error, what);
	close(dev);
}

static void group_of_two(struct vm *vm)
{
	char a[BDF_LEN], b[BDF_LEN];
	int first, second;

	pci_find_device(EXTRA_E1000E, 0, a);
	pci_find_device(EXTRA_E1000E, 1, b);
	first = extra_attach(vm, a);
	second = extra_attach(vm, b);
	iolu_tells(check(a), 0, "verdict: yes", "check says yes to one of a group of two");
	extra_open_session(vm);
	ok_rc(luo_preserve_fd(vm->session, first, EXTRA_TOKEN), "it is preserved");
	iolu_tells(check(a), 1, b, "check says no while the other is not, and names it");
	ok_errno(luo_check(vm->data->session), ENOTEMPTY, "and the kernel does not freeze it");
	ok_rc(luo_preserve_fd(vm->session, second, EXTRA_TOKEN + 1), "the other is preserved, too");
	iolu_tells(check(a), 0, "verdict: yes", "check says yes to both");
	ok_rc(luo_check(vm->data->session), "and the kernel freezes them");
	vm_call_off(vm);
	close(first);
	close(second);
}

static void kinds(struct vm *vm)
{
	group_of_two(vm);
	kind(vm, EXTRA_VGA, "(a display)", EPERM, "a display");
	kind(vm, EXTRA_XHCI, "(a USB host controller)", EPERM, "a USB host controller");
	kind(vm, EXTRA_VIRTIO_RNG, "ATS, and it is off", EOPNOTSUPP,
	     "a device whose ATS is off");
	kind(vm, EXTRA_E1000, "DMA uses another requester ID", EXDEV, "a device with a DMA alias");
}

static void the_nic(struct vm *vm)
{
	const char *bdf = vm->device[0].place->bdf;

	iolu_tells(check(bdf), 0, "verdict: yes", "check says yes to the VM's NIC");
	extra_open_session(vm);
	ok_rc(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)),
	      "and the kernel takes it");
	iolu_tells(check(bdf), 0, "verdict: yes", "check says yes while it is preserved, too");
	vm_call_off(vm);
}

static void asleep(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];

	ok_rc(vfio_set_power_state(nic->dev, 3), "the NIC is put to sleep");
	agree(vm, nic->place->bdf, nic->dev, "not in D0 (it is in D3", EAGAIN, "a device in D3");
	ok_rc(vfio_set_power_state(nic->dev, 0), "it is woken up");
}

/* In use, and not preserved with the NIC */
static void left_behind(struct vm *vm, const char *vf)
{
	extra_open_session(vm);
	ok_rc(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)),
	      "the NIC is preserved without it");
	iolu_tells(check(vm->device[0].place->bdf), 1,
		   "a virtual function is in use and not preserved", "check says no to the NIC");
	ok_errno(luo_check(vm->data->session), ENOTEMPTY, "and the kernel does not freeze it");
	iolu_tells(check(vf), 0, "verdict: yes", "check says yes to the virtual function");
	vm_call_off(vm);
}

static void virtual_functions(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];
	char vf[BDF_LEN];
	int dev;

	dev = extra_attach_vf(vm, vf);
	iolu_tells(check(vf), 3, "its physical function", "check is unsure about a virtual function");
	ok_errno(preserve(vm, dev), ENXIO, "and the kernel refuses it without its NIC");
	left_behind(vm, vf);
	close(dev);
	ok_rc(pci_set(nic->place->bdf, "sriov_numvfs", "0"), "it loses it");
}

/* The spare NIC, without a driver, with one that may not mask its interrupts, and idle */
static void spare(struct vm *vm)
{
	char bdf[BDF_LEN];
	int dev;

	if (!dma_device_find(1, bdf))
		bail_out("there is no spare NIC");
	iolu_tells(check(bdf), 1, "not bound to vfio-pci (no driver)",
		   "check says no to a device without a driver");
	must_write(NOINTXMASK, "1");
	dev = extra_attach(vm, bdf);
	agree(vm, bdf, dev, "INTx cannot be masked at the device", EOPNOTSUPP,
	      "a device whose interrupts may not be masked");
	close(dev);
	must_write(NOINTXMASK, "0");
	ok_rc(pci_unbind_vfio(bdf), "it is bound anew");
	close(extra_attach(vm, bdf));
	iolu_tells(check(bdf), 0, "not in use",
		   "check says yes to an unused device, in D3 or not");
}

/* Refusals of the kexec itself, and those of iolu load and iolu kexec before it */
static void at_the_jump(struct vm *vm)
{
	const char *bdf = vm->device[0].place->bdf;
	char cmdline[80];
	struct pci_path path;

	snprintf(cmdline, sizeof(cmdline), "kho=on %s", platform()->cmdline_on);
	iolu_tells(iolu("kexec", "--dry-run", NULL), 1, "no kernel is loaded",
		   "kexec is refused without an image");
	iolu_tells(iolu("load", NEXT_KERNEL, "--cmdline", cmdline, "--device", bdf, NULL),
		   1, "add liveupdate=on",
		   "load refuses a command line without liveupdate=on");
	iolu_tells(iolu("kexec", "--force", NULL), 1, "the kernel refuses (Invalid argument)",
		   "also by the kernel");
	ok(strstr(iolu_said(), "no note is left"), "no note can be left while LUO is in use",
	   "it does not say so");
	iolu_tells(iolu("discard", "vm9", NULL), 3, "has /dev/liveupdate open: try again",
		   "nor can a session be discarded");
	kexec_load_next(story_stage());
	iolu_tells(iolu("kexec", NULL), 1, "1 in use, 0 preserved",
		   "kexec is refused while the NIC is not preserved");
	ok_rc(vm_preserve(vm), "the VM is preserved");
	pci_path(bdf, &path);
	pci_set_bus_master(path.bdf[0], false);
	iolu_tells(check(bdf), 1, "bus mastering off",
		   "check says no while a bridge lets nothing through");
	kexec_strict(true);
	iolu_tells(iolu("kexec", "--force", NULL), 1, "the kernel refuses (Link has been severed)",
		   "and so does the kernel, at the kexec");
	kexec_strict(false);
	pci_set_bus_master(path.bdf[0], true);
	vm_call_off(vm);
}

static void before(void)
{
	struct vm *vm = story_alone();

	ok_rc(vm_mark(vm), "the HWPT is marked");
	the_nic(vm);
	kinds(vm);
	asleep(vm);
	virtual_functions(vm);
	spare(vm);
	at_the_jump(vm);
	story_close(vm);
}

SCENARIO(.name = "command_check", .cmdline = "vfio-pci.enable_sriov=1", .command = true,
	 .nics = "igb,igb", .unpreserved = "1", .iommu = "device-iotlb=on",
	 .qemu = EXTRA_MACHINE, .before = before);
