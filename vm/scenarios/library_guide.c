// SPDX-License-Identifier: GPL-2.0
/*
 * The VMM of docs/vmm-author.md, word for word, in the test machine: the same program starts its
 * VM in the first kernel and restores it in the second. tests/lib.t checks that the guide shows no
 * other code than this file.
 *
 * promise: library
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iolu.h>

#include "device/nic.h"
#include "device/pci.h"
#include "iommu/guard.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define MEMORY_IOVA	SCENARIO_GUARD_BASE
#define MEMORY_SIZE	(VM_RAM_SIZE + RING_SIZE)

static int build(struct iolu_vm *vm, const char *bdf)
{
	int memory = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = ftruncate(memory, MEMORY_SIZE) ? -errno : 0;

	if (!rc)
		rc = iolu_vm_add_memfd(vm, "memory", memory);
	if (!rc)
		rc = iolu_vm_add_ioas(vm, "guest");
	if (!rc)
		rc = iolu_vm_map(vm, "guest", "memory", 0, MEMORY_IOVA, MEMORY_SIZE,
				 IOLU_MAP_READ | IOLU_MAP_WRITE);
	if (!rc)
		rc = iolu_vm_add_device(vm, bdf);
	if (!rc)
		rc = iolu_vm_add_hwpt(vm, "table", "guest", bdf);
	if (!rc)
		rc = iolu_vm_attach(vm, bdf, "table");
	if (!rc)
		rc = iolu_vm_arm(vm, bdf, IOLU_IRQ_MSIX, 1);
	close(memory);
	return rc;
}

/* Restore the VM from the previous kernel, or build a new one. */
static int start(struct iolu_vm *vm, const char *bdf)
{
	int rc = iolu_vm_restore(vm);

	if (rc == -ENOENT)
		return build(vm, bdf);
	return rc ? rc : iolu_vm_finish(vm);
}

/* Before the kexec. The vCPUs stop between the two steps. */
static int save(struct iolu_vm *vm, const void *vcpus, size_t size)
{
	int rc = iolu_vm_preserve(vm);

	if (rc)
		return rc;
	rc = iolu_vm_set_blob(vm, "vcpus", vcpus, size);
	if (!rc)
		rc = iolu_vm_seal(vm);
	if (rc)
		iolu_vm_unsave(vm);
	return rc;
}

/* -- the scenario around it -- */

static const char vcpus[] = "state of the vCPUs";

static void plan(struct device_place *nic)
{
	nic->iova = MEMORY_IOVA + VM_RAM_SIZE;
}

static void show(struct iolu_vm *vm)
{
	struct vm *to = story_vm(0);
	struct dma_device *nic = &to->device[0];

	lib_expect(0);
	to->iommufd = iolu_vm_iommufd(vm);
	to->mem[VM_RAM] = must_map(iolu_vm_memfd(vm, "memory"), MEMORY_SIZE, 0, "memory");
	to->mem[1] = to->mem[VM_RAM] + VM_RAM_SIZE;
	nic->dev = iolu_vm_device_fd(vm, nic->place->bdf);
	nic->event = iolu_vm_vector_fd(vm, nic->place->bdf, IOLU_IRQ_MSIX, 0);
	nic->regs = vfio_map_bar0(nic->dev);
}

static void before(void)
{
	struct state *state = state_create();
	struct device_place *nic = &state->vm[0].device[0];
	struct iolu_vm *vm;

	lib_plan(state, 1);
	plan(nic);
	pci_bind_vfio(nic->bdf);
	vm = lib_new(0);
	lib_must(vm, start(vm, nic->bdf), "the VM starts");
	show(vm);
	lib_receive(1);
	mark("preserve.begin");
	lib_must(vm, save(vm, vcpus, sizeof(vcpus)), "and is saved");
	mark("preserve.end");
	tables_record();
	story_leave();
}

static void after(void)
{
	const void *data = NULL;
	struct iolu_vm *vm;
	size_t size = 0;

	story_arrive();
	vm = lib_new(0);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	mark("finish.begin");
	lib_must(vm, start(vm, state_get()->vm[0].device[0].bdf), "the same program starts it again");
	mark("finish.end");
	show(vm);
	ok(!iolu_vm_blob(vm, "vcpus", &data, &size) && size == sizeof(vcpus) &&
	   !memcmp(data, vcpus, size), "the state of its vCPUs is the same", "%zu bytes", size);
	tables_compare("after finish");
	story_traffic("lu.post");
	story_judge();
	iolu_vm_free(vm);
}

SCENARIO(.name = "library_guide", .before = before, .after = after);
