// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that cannot be carried, each with its error and a line in the log: not bound, not
 * attached, attached to what is not preserved, in a group of two, with a DMA alias, capable of
 * ATS, of a class that the next kernel seizes, with virtual functions, a virtual function, in
 * D3, preserved already. All belong to the same VM, whose NIC can be preserved all the while.
 *
 * The machine has a port with two functions that nothing isolates, a display, an xHCI, a
 * virtio device with ATS, a NIC behind a bridge to conventional PCI, and virtual functions.
 * No traffic.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "iommufd.h"
#include "klog.h"
#include "luo.h"
#include "pci.h"
#include "report.h"
#include "scenario.h"
#include "story.h"
#include "util.h"
#include "vfio.h"

#define TOKEN_OTHER	0x300ull

#define E1000E		0x808610d3u
#define BOCHS		0x12341111u
#define XHCI		0x1b36000du
#define VIRTIO_RNG	0x1af41044u
#define E1000		0x8086100eu
#define IGB_VF		0x808610cau

/* Followed by the error, as a number or a name */
#define REFUSED		"cannot be preserved ("

static const uint8_t vf_token[16] = { 0x2a };

struct other {
	char bdf[BDF_LEN];
	int dev;
	uint32_t id;
};

static int bind_with_token(int dev, int iommufd, const uint8_t *token, uint32_t *id)
{
	struct vfio_device_bind_iommufd arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_BIND_FLAG_TOKEN, .iommufd = iommufd,
		.token_uuid_ptr = (uintptr_t)token,
	};
	int rc = try_ioctl(dev, VFIO_DEVICE_BIND_IOMMUFD, &arg);

	*id = arg.out_devid;
	return rc;
}

/* Opened, bound to the VM's iommufd and attached to its HWPT as if it were a NIC of the VM */
static void take(struct vm *vm, struct other *other, const uint8_t *token)
{
	int rc;

	other->dev = vfio_open(other->bdf);
	rc = other->dev;
	if (rc >= 0)
		rc = token ? bind_with_token(other->dev, vm->iommufd, token, &other->id) :
			     vfio_bind(other->dev, vm->iommufd, &other->id);
	if (rc >= 0)
		rc = vfio_attach(other->dev, vm->hwpt[0]);
	if (rc < 0)
		give_up("take %s: %s", other->bdf, strerror(-rc));
}

static int preserve_device(struct vm *vm, int dev)
{
	klog_skip();
	return luo_preserve_fd(vm->session, dev, TOKEN_OTHER);
}

/* Everything of the VM but its NIC is in the session. */
static void open_session(struct vm *vm)
{
	int rc = vm_preserve_memory(vm);

	if (!rc)
		rc = luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
	if (rc)
		give_up("preserve memory and iommufd: %s", strerror(-rc));
}

/* The NIC of the VM is taken, and let go again. */
static void nic_is_taken(struct vm *vm, const char *name)
{
	ok_rc(luo_preserve_fd(vm->session, vm->nic[0].dev, TOKEN_NIC(0)), name);
	vm_call_off(vm);
}

static void refuse(struct vm *vm, uint32_t ids, int expected, const char *words,
		   const char *name)
{
	struct other other;

	pci_find_device(ids, 0, other.bdf);
	take(vm, &other, NULL);
	open_session(vm);
	refused(preserve_device(vm, other.dev), expected, words, name);
	nic_is_taken(vm, "the VM's own NIC is taken");
	close(other.dev);
}

/* Two functions of a device that says nothing about isolation */
static void group_of_two(struct vm *vm)
{
	struct other a, b;

	pci_find_device(E1000E, 0, a.bdf);
	pci_find_device(E1000E, 1, b.bdf);
	take(vm, &a, NULL);
	take(vm, &b, NULL);
	open_session(vm);
	refused(preserve_device(vm, a.dev), EOPNOTSUPP, REFUSED,
		"a device in a group of two is refused");
	refused(preserve_device(vm, b.dev), EOPNOTSUPP, REFUSED, "and so is the other");
	nic_is_taken(vm, "the VM's own NIC is taken");
	close(a.dev);
	close(b.dev);
}

static void kinds(struct vm *vm)
{
	group_of_two(vm);
	refuse(vm, BOCHS, EPERM, REFUSED, "a display is refused");
	refuse(vm, XHCI, EPERM, REFUSED, "a USB host controller is refused");
	refuse(vm, VIRTIO_RNG, EOPNOTSUPP, "ATS and PRI cannot be carried",
	       "a device with ATS is refused");
	refuse(vm, E1000, EXDEV, REFUSED,
	       "a device behind a bridge that speaks for it is refused");
}

static void attachments(struct vm *vm)
{
	struct nic *nic = &vm->nic[0];
	uint32_t other;

	ok_rc(vfio_detach(nic->dev), "the NIC is detached");
	open_session(vm);
	refused(preserve_device(vm, nic->dev), ENOENT, REFUSED,
		"a device that is not attached is refused");
	vm_call_off(vm);
	ok_rc(hwpt_alloc(vm->iommufd, nic->id, vm->ioas[0], &other), "an HWPT without a mark");
	ok_rc(vfio_attach(nic->dev, other), "gets the NIC");
	open_session(vm);
	refused(preserve_device(vm, nic->dev), ENOENT, REFUSED,
		"a device attached to an HWPT that is not preserved is refused");
	vm_call_off(vm);
	ok_rc(vfio_attach(nic->dev, vm->hwpt[0]), "the NIC is back where it was");
	ok_rc(iommufd_destroy(vm->iommufd, other), "and the other HWPT is destroyed");
	open_session(vm);
	nic_is_taken(vm, "now it is taken");
}

static void another_session(struct vm *vm)
{
	int other = luo_create("other");

	open_session(vm);
	klog_skip();
	refused(luo_preserve_fd(other, vm->nic[0].dev, TOKEN_OTHER), ENOENT, REFUSED,
		"a device whose iommufd is in another session is refused");
	close(other);
	nic_is_taken(vm, "it is taken into the same");
}

static void not_bound(struct vm *vm)
{
	char bdf[BDF_LEN];
	int dev;

	pci_find_device(E1000E, 0, bdf);
	dev = vfio_open(bdf);
	open_session(vm);
	ok_errno(preserve_device(vm, dev), ENOTCONN,
		 "a device that is bound to no iommufd is refused");
	ok_errno(preserve_device(vm, 0), ENOENT, "a file of another kind is refused");
	nic_is_taken(vm, "the VM's own NIC is taken");
	close(dev);
}

static void asleep(struct vm *vm)
{
	int dev = vm->nic[0].dev;

	ok_rc(vfio_set_power_state(dev, 3), "the NIC is put to sleep");
	ok(pci_power_state(vm->nic[0].place->bdf) == 3, "it is in D3", "D%d",
	   pci_power_state(vm->nic[0].place->bdf));
	open_session(vm);
	refused(preserve_device(vm, dev), EAGAIN, REFUSED,
		"a device in D3 is refused");
	ok_rc(vfio_set_power_state(dev, 0), "it is woken up");
	nic_is_taken(vm, "and taken");
}

static void twice(struct vm *vm)
{
	int other;

	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_errno(luo_preserve_fd(vm->session, vm->nic[0].dev, TOKEN_OTHER), EBUSY,
		 "its NIC cannot be preserved twice");
	ok_errno(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_OTHER), EBUSY,
		 "nor its iommufd");
	ok_errno(luo_preserve_fd(vm->session, vm->mem_fd[0], TOKEN_OTHER), EBUSY,
		 "nor its memory");
	ok_errno(luo_preserve_fd(vm->session, vm->nic[0].dev, TOKEN_IOMMUFD), EEXIST,
		 "nor anything under a token in use");
	other = luo_create("other");
	ok_errno(luo_preserve_fd(other, vm->iommufd, TOKEN_OTHER), EBUSY,
		 "nor the iommufd in another session");
	ok_errno(luo_preserve_fd(other, vm->nic[0].dev, TOKEN_OTHER), EBUSY, "nor the NIC");
	close(other);
	vm_call_off(vm);
}

static void set_vf_token(int dev)
{
	uint8_t arg[sizeof(struct vfio_device_feature) + sizeof(vf_token)]
		__attribute__((aligned(8)));
	const struct vfio_device_feature feature = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
	};

	memcpy(arg, &feature, sizeof(feature));
	memcpy(arg + sizeof(feature), vf_token, sizeof(vf_token));
	must_ioctl(dev, VFIO_DEVICE_FEATURE, arg, "set the token of virtual functions");
}

static void virtual_functions(struct vm *vm)
{
	const char *pf = vm->nic[0].place->bdf;
	struct other vf;

	set_vf_token(vm->nic[0].dev);
	ok_rc(pci_set(pf, "sriov_numvfs", "1"), "the NIC gets a virtual function");
	pci_find_device(IGB_VF, 0, vf.bdf);
	take(vm, &vf, vf_token);
	open_session(vm);
	refused(preserve_device(vm, vf.dev), EOPNOTSUPP, REFUSED,
		"a virtual function is refused");
	refused(preserve_device(vm, vm->nic[0].dev), ENOTEMPTY,
		REFUSED, "and so is the NIC while it has one");
	vm_call_off(vm);
	close(vf.dev);
	ok_rc(pci_set(pf, "sriov_numvfs", "0"), "it loses it");
	open_session(vm);
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
	 .qemu = "-device pcie-root-port,id=two,chassis=8,addr=08"
		 " -device e1000e,bus=two,addr=0.0,multifunction=on"
		 " -device e1000e,bus=two,addr=0.1"
		 " -device bochs-display,addr=09 -device qemu-xhci,addr=0a"
		 " -device pcie-root-port,id=ats,chassis=9,addr=0b"
		 " -device virtio-rng-pci,bus=ats,ats=on,iommu_platform=on,disable-legacy=on"
		 " -device pcie-pci-bridge,id=pci,addr=0c -device e1000,bus=pci,addr=01",
	 .before = before);
