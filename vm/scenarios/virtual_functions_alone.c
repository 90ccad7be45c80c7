// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual functions in VMs of their own, which receive all through two updates without their
 * physical functions. In the first update the process that holds the first one calls it off when
 * all are preserved. In the second one the session of its next process has a file that cannot be
 * frozen, and one that cannot be unpreserved: the session is left behind, and the physical function
 * is still preserved, and bus master, when the previous kernel shuts down. The second physical
 * function goes along in both, and its session is discarded before its virtual function is
 * retrieved. The DMA of the physical functions ends.
 *
 * promise: 1, 7
 * red when: the SR-IOV capability is taken over without a write (`pci_liveupdate_adopt_iov`): no VM
 *   is restored, the virtual functions do not exist
 * red when: a physical function that is kept for its virtual functions has no bus mastering in its
 *   record (`pci_lu_outgoing_fill`): it is isolated, and its virtual functions do not exist
 * red when: unfreeze fills the record again (`pci_liveupdate_unfreeze`, an earlier kernel): the same
 *   in the second update
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"
#include "story/stubborn.h"
#include "story/tables.h"

enum { PHYSICAL, FIRST, SECOND, OTHER, OF_OTHER, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1, .nvirtual = 2 },
	{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm2", .first_device = 2, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm3", .first_device = 3, .ndevices = 1, .nspaces = 1, .nvirtual = 1 },
	{ .session = "vm4", .first_device = 4, .ndevices = 1, .nspaces = 1 },
};

/* The process that holds the physical function from the first update on */
static struct minimal_vm holder = { .name = "holder", .token = true };

static void preserve_all(void)
{
	struct vm *vm;

	phase("preserve.begin");
	for_each_vm(vm) {
		ok_rc(vm_mark(vm), "the HWPT is marked");
		ok_rc(vm_preserve(vm), "the VM is preserved in its session");
	}
	phase("preserve.end");
}

static void before(void)
{
	struct vm *pf = story_vm(PHYSICAL);

	story_begin(shapes, VMS);
	kexec_keep_next();
	preserve_all();
	vm_call_off(pf);
	ok_errno(pci_set(pf->device[0].place->bdf, "reset", "1"), EBUSY,
		 "the physical function is not reset when it is called off");
	pf->data->preserved = false;
	ok_rc(vm_preserve(pf), "only the memory of its process is preserved");
	tables_record();
	story_leave();
}

/* Its queues are those of the first process */
static void stop_queues(const struct device_place *physical)
{
	struct dma_device nic = {};

	dma_device_look(&nic, physical->bdf, physical->model);
	nic.ops->stop(&nic);
	dma_device_unmap(&nic);
}

static int add_device(void)
{
	char bdf[BDF_LEN];
	uint32_t id;
	int dev;

	pci_find_device(EXTRA_E1000E, 0, bdf);
	dev = vfio_open_bound(bdf, holder.iommufd, &id);
	ok_rc(dev < 0 ? dev : vfio_attach(dev, holder.hwpt), "the process has another device");
	return dev;
}

/* The device cannot be frozen. The file before it is unpreserved after it, and waits for ever. */
static void preserve_stubborn(int dev)
{
	int memfd = vm_memfd(MIB, 0);

	minimal_vm_preserve(&holder);
	ok_rc(luo_preserve_fd(holder.session, memfd, TOKEN_MEM(1)), "it preserves more memory");
	ok_rc(luo_preserve_fd(holder.session, dev, TOKEN_DEVICE(1)), "and the other device");
	stubborn_write(memfd);
	stubborn_call(dev);
}

static void called_off(void)
{
	const struct device_place *physical = &state_get()->vm[PHYSICAL].device[0];

	ok_rc(pci_try_bind(physical->bdf, "vfio-pci"), "vfio-pci can have it");
	stop_queues(physical);
	story_retrieve();
	story_adopt();
	memcpy(holder.bdf, physical->bdf, sizeof(holder.bdf));
	minimal_vm_build(&holder);
	story_finish();

	preserve_stubborn(add_device());
	ok(pci_bus_master(holder.bdf), "the physical function is bus master", "it is not");
	story_preserve();
	state_get()->vm[OTHER].discarded = true;
	story_leave();
}

static void is_kept(unsigned int i)
{
	const char *bdf = state_get()->vm[i].device[0].bdf;

	ok_nic(i, !pci_bus_master(bdf), "the physical function does no DMA", "it is bus master");
	ok_errno(pci_set(bdf, "sriov_numvfs", "0"), EBUSY,
		 "its virtual functions cannot be taken away");
}

static void discard_other(void)
{
	struct vm *vm = story_vm(OTHER);

	vm_retrieve_memory(vm, &state_get()->vm[OTHER]);
	ok_rc(luo_discard(vm->session), "the session of a physical function is discarded");
	close(vm->session);
	mark_nic(OTHER, "quiet");
	is_kept(OTHER);
}

static void left_behind(void)
{
	struct vm *pf = story_vm(PHYSICAL);

	ok_errno(luo_try_retrieve(holder.name), ENOENT, "the session left behind is unknown");
	discard_other();
	vm_retrieve_memory(pf, &state_get()->vm[PHYSICAL]);
	ok_rc(vm_finish(pf), "the memory of the first process is there");
	story_take_over(story_vm(FIRST));
	story_take_over(story_vm(OF_OTHER));
	story_take_over(story_vm(SECOND));
	story_end();
}

static void after(void)
{
	story_arrive();
	is_kept(PHYSICAL);
	if (state_get()->updates < 2)
		called_off();
	else
		left_behind();
}

SCENARIO(.name = "virtual_functions_alone", .unpreserved = "0", .discarded = "3",
	 .nics = "virtio,vf:virtio,vf:virtio,virtio,vf:virtio",
	 .cmdline = "vfio-pci.enable_sriov=1", .updates = 2, .timeout = 150,
	 .qemu = "-device pcie-root-port,id=a,chassis=9,slot=9,addr=09 -device e1000e,bus=a",
	 .before = before, .after = after);
