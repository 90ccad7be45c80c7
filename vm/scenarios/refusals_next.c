// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel, under traffic: callers that do not own the device, calls that come too early,
 * and an IOAS that differs from the table are refused, and frames keep arriving. The VM's RAM
 * begins with a huge page, so that the table has a large leaf.
 *
 * promise: 8
 * red when: an incoming device is not reset (`pci_liveupdate_no_reset`): its owner can reset it
 *   before adoption; 1,427 of 6,914 frames lost
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define HUGE	(2 * MIB)

/* Unmap the RAM first, since pinned pages cannot be replaced. */
static void make_huge(struct vm *vm)
{
	const struct space *space = &vm->data->space[0];
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < 2; i++)
		rc = ioas_unmap(vm->iommufd, vm->ioas[0], space->area[i].iova,
				space->area[i].length);
	ok_rc(rc, "the VM's RAM is unmapped");
	ok_rc(memory_collapse_other(), "memory can be collapsed");
	ok_rc(memory_collapse(vm->mem_fd[VM_RAM]), "the RAM gets a huge page");
	for (i = 0; !rc && i < 2; i++)
		rc = ioas_map(vm->iommufd, vm->ioas[0], vm->mem_fd[VM_RAM], &space->area[i]);
	ok_rc(rc, "and is mapped again");
}

static void before(void)
{
	static struct walk walk;
	uint16_t id;

	story_begin(one_nic_each, 1);
	make_huge(story_vm(0));
	id = pci_source_id(state_get()->vm[0].device[0].bdf);
	walk_capture(&walk, &id, 1);
	ok(walk.leaves * PAGE < walk.leaf_bytes, "the table has a large leaf",
	   "%llu leaves map %llu bytes", (unsigned long long)walk.leaves,
	   (unsigned long long)walk.leaf_bytes);
	story_preserve();
	story_leave();
}

static void nobody_has_it(const char *bdf)
{
	ok_errno(pci_set(bdf, "iommu_group/type", "identity"), EPERM,
		 "its group cannot be made to bypass the IOMMU");
	ok_errno(pci_set(bdf, "iommu_group/type", "DMA"), EPERM, "nor be given to the kernel");
	file_write("/sys/bus/pci/drivers/pcieport/new_id", "8086 10c9");
	file_write("/sys/bus/pci/drivers_probe", bdf);
	ok_errno(pci_bind_to(bdf, "pcieport"), EBUSY, "a driver that knows it cannot be bound");
	pci_set(bdf, "driver_override", "pcieport");
	ok(pci_bind_to(bdf, "pcieport") < 0, "nor by driver_override", "it can");
	file_write("/sys/bus/pci/drivers/pcieport/remove_id", "8086 10c9");
	ok_errno(vfio_open(bdf), EBUSY, "the file of the device cannot be opened");
}

static void too_early(struct vm *vm, const char *when)
{
	ok_errno(luo_finish(vm->session), EBUSY, when);
}

static void retrieve(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];

	vm_retrieve_memory(vm, &state_get()->vm[0]);
	ok_errno(luo_try_retrieve(vm->data->session), EINVAL, "the session cannot be retrieved twice");
	ok_errno(luo_try_retrieve("other"), ENOENT, "nor one that was never made");
	ok_errno(luo_retrieve_fd(vm->session, 0x999), ENOENT, "nor a file under a wrong token");
	too_early(vm, "it is too early to finish when the memory is there");
	vm->iommufd = luo_retrieve_fd(vm->session, TOKEN_IOMMUFD);
	ok_rc(vm->iommufd, "the iommufd is retrieved");
	too_early(vm, "still too early");
	nic->dev = luo_retrieve_fd(vm->session, TOKEN_DEVICE(0));
	ok_rc(nic->dev, "the device is retrieved");
	too_early(vm, "still too early with all files");
}

static void other_owner(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];
	int other = iommufd_open();
	struct adoption got;
	uint32_t id, ioas;

	ok_errno(vfio_bind(nic->dev, other, &id), EPERM,
		 "the device cannot be bound to another iommufd");
	ok_rc(ioas_alloc(other, &ioas), "that one makes an IOAS");
	ok_errno(hwpt_adopt(other, ioas, vm->data->space[0].token, &got), ENOENT,
		 "but it cannot adopt the table");
	close(other);
	ok_rc(vm_bind(vm), "it is bound to the retrieved one");
	too_early(vm, "still too early when it is bound");
}

/* Anything but the adopted HWPT */
static void other_attachment(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];
	uint32_t hwpt;

	vm_map_space(vm, 0);
	ok_errno(vfio_attach(nic->dev, vm->ioas[0]), EBUSY, "it cannot be attached to the IOAS");
	ok_rc(hwpt_alloc(vm->iommufd, nic->id, vm->ioas[0], &hwpt), "a new HWPT can be made");
	ok_errno(vfio_attach(nic->dev, hwpt), EBUSY, "but not be attached to");
	ok_errno(hwpt_mark(vm->iommufd, hwpt, vm->data->space[0].token), EEXIST,
		 "nor take the token of the one that came in");
	ok_rc(iommufd_destroy(vm->iommufd, hwpt), "it is destroyed");
	ok_errno(vfio_reset(nic->dev), EBUSY, "its owner cannot reset it yet");
	too_early(vm, "still too early without adoption");
}

/* Areas to map instead of the VM's RAM: one or two of a memfd */
struct instead {
	int memfd;
	uint64_t first;		/* length of the first area */
};

static int verify(struct vm *vm, const struct instead *with, struct adoption *got)
{
	const struct space *space = &vm->data->space[0];
	struct area low = space->area[0], high = low;
	uint32_t ioas, i;
	int rc = ioas_alloc(vm->iommufd, &ioas);

	low.length = with->first;
	high.iova += with->first;
	high.offset += with->first;
	high.length -= with->first;
	if (!rc)
		rc = ioas_map(vm->iommufd, ioas, with->memfd, &low);
	if (!rc && high.length)
		rc = ioas_map(vm->iommufd, ioas, with->memfd, &high);
	for (i = 1; !rc && i < space->nareas; i++)
		rc = ioas_map(vm->iommufd, ioas, vm->mem_fd[space->area[i].mem],
			      &space->area[i]);
	if (rc)
		bail_out("an IOAS with another RAM: %s", strerror(-rc));
	rc = hwpt_verify(vm->iommufd, ioas, space->token, got);
	ok_rc(iommufd_destroy(vm->iommufd, ioas), "an IOAS is built and goes");
	return rc;
}

/* The place is @at, or within the large leaf that begins there */
static void differs(struct vm *vm, const struct instead *with, uint64_t at, const char *name)
{
	uint64_t leaf = at & (HUGE - 1) ? PAGE : HUGE;
	struct adoption got;
	int rc = verify(vm, with, &got);

	ok(rc == -EBADE && got.bad_iova >= at && got.bad_iova < at + leaf, name,
	   "error %d at 0x%llx", -rc, (unsigned long long)got.bad_iova);
}

static void other_ram(struct vm *vm)
{
	const int ram = vm->mem_fd[VM_RAM];
	int same = vm_memfd(VM_RAM_SIZE, 0);
	void *at = must_map(same, VM_RAM_SIZE, 0, "other memory");
	struct adoption got;

	memcpy(at, vm->mem[VM_RAM], VM_RAM_SIZE);
	differs(vm, &(struct instead){ same, VM_RAM_SIZE }, VM_RAM_IOVA,
		"another memfd with the same in it is not the VM's RAM");
	differs(vm, &(struct instead){ ram, HUGE - PAGE }, VM_RAM_IOVA + HUGE - PAGE,
		"an IOAS that is finer than the table's leaves is not adopted");
	differs(vm, &(struct instead){ ram, PAGE }, VM_RAM_IOVA + PAGE,
		"however it is cut");
	ok_rc(verify(vm, &(struct instead){ ram, HUGE }, &got),
	      "one that is cut where a leaf ends is verified");
	ok_rc(verify(vm, &(struct instead){ ram, VM_RAM_SIZE }, &got),
	      "and so is one that is not cut");
	munmap(at, VM_RAM_SIZE);
	close(same);
	tables_compare("after the refused adoptions");
}

static void adopt(struct vm *vm)
{
	const uint64_t token = vm->data->space[0].token;
	struct adoption got;

	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], token + 1, &got), ENOENT,
		 "a wrong token gives nothing");
	ok_errno(hwpt_adopt(vm->iommufd, 0x7fffffff, token, &got), ENOENT, "nor a wrong IOAS");
	story_adopt();
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], token, &got), EALREADY,
		 "the table cannot be adopted twice");
	ok_errno(iommufd_destroy(vm->iommufd, vm->hwpt[0]), EBUSY,
		 "the HWPT cannot be destroyed yet");
	ok_errno(hwpt_unmark(vm->iommufd, vm->hwpt[0]), EBUSY, "nor its mark be taken off");
	ok_errno(vfio_reset(vm->device[0].dev), EBUSY, "nor the device be reset");
}

static void preserve_again(struct vm *vm)
{
	int session = luo_create("again");

	ok_errno(luo_preserve_fd(session, vm->iommufd, TOKEN_IOMMUFD), EBUSY,
		 "the iommufd cannot be preserved again before the session is finished");
	ok_errno(luo_preserve_fd(session, vm->device[0].dev, TOKEN_DEVICE(0)), EBUSY, "nor the device");
	close(session);
}

static void after(void)
{
	struct vm *vm = story_vm(0);

	story_arrive();
	nobody_has_it(state_get()->vm[0].device[0].bdf);
	retrieve(vm);
	other_owner(vm);
	vm->device[0].regs = vfio_map_bar0(vm->device[0].dev);
	other_attachment(vm);
	other_ram(vm);
	adopt(vm);
	preserve_again(vm);
	story_finish();
	story_end();
}

SCENARIO(.name = "refusals_next", .cmdline = "lu.rate=300", .timeout = 120,
	 .before = before, .after = after);
