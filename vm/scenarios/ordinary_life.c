// SPDX-License-Identifier: GPL-2.0
/*
 * After adoption the HWPT and the device are ordinary: map and unmap, detach, attach again, reset,
 * destroy, close. In the end everything is free, and the device serves a VM that was built in this
 * kernel.
 *
 * promise: ordinary
 */
#include <unistd.h>

#include "device/nic.h"
#include "iommu/platform.h"
#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	story_before(one_nic_each, 1);
}

static void live(struct vm *vm)
{
	const struct area more = { .iova = VM_FREE_IOVA, .length = VM_RAM_SIZE, .mem = VM_RAM };
	struct dma_device *nic = &vm->device[0];

	ok_rc(ioas_map(vm->iommufd, vm->ioas[0], vm->mem_fd[VM_RAM], &more),
	      "a range that never was in the table can be mapped");
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], more.iova, more.length),
	      "and unmapped");
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], VM_RAM_RO_IOVA, MIB),
	      "a range that came with the table can be unmapped");
	ok_rc(vfio_reset(nic->dev), "the device can be reset");
	ok(!nic_receiving(nic->regs), "and has forgotten its ring then", "it still receives");
	ok_rc(vfio_detach(nic->dev), "the device can be detached");
	ok_rc(vfio_attach(nic->dev, vm->hwpt[0]), "and attached to the same HWPT again");
}

static uint64_t build_and_close(void)
{
	static struct vm_data data;
	static struct vm vm;

	vm_create(&vm, &data, &one_nic_each[0]);
	vm_start_reception(&vm);
	ok_nic(0, vm_interrupt_arrives(&vm.device[0]), "a VM that was built here gets interrupts",
	       "none");
	story_close(&vm);
	return vmstat("nr_iommu_pages");
}

static void open_by_group(void)
{
	int iommufd = iommufd_open();
	int dev = vfio_open_by_group(state_get()->vm[0].device[0].bdf, iommufd);

	ok_rc(dev, "and can be opened through its group");
	close(dev);
	close(iommufd);
}

static void after(void)
{
	uint64_t at_arrival = vmstat("nr_iommu_pages") + platform()->kept_pages, closed, again;

	story_arrive();
	story_retrieve();
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	story_judge();
	live(story_vm(0));
	story_close(story_vm(0));
	closed = vmstat("nr_iommu_pages");
	ok(closed <= at_arrival, "the pages of the adopted table are free after closing",
	   "%llu pages, %llu expected", (unsigned long long)closed,
	   (unsigned long long)at_arrival);
	again = build_and_close();
	ok(again == closed, "and a VM that was built here leaves as many",
	   "%llu pages, %llu before", (unsigned long long)again, (unsigned long long)closed);
	open_by_group();
}

SCENARIO(.name = "ordinary_life", .before = before, .after = after);
