// SPDX-License-Identifier: GPL-2.0
/*
 * VMs that have no device at the moment of the update: memory and an IOAS, but no HWPT. In the
 * next kernel /dev/iommu cannot be opened at first. A restore fails then, and not with the errno
 * that lets a VMM build a new VM; the update cannot be finished; an iommufd can be given before
 * the restore or after it. The memory of the second one is a huge page of hugetlb. A VM with a NIC
 * is preserved, too.
 *
 * promise: library
 * red when: the library passes ENOENT of /dev/iommu on: the restore returns that there is nothing
 *           to restore
 * red when: finish does not ask for IOASes (`check_finished`): the handle is live without its IOAS
 * red when: the library takes no huge pages (`check_huge` in `lib/memory.c`): the second VM has no memory
 * red when: a given iommufd counts as an object (`has_objects`): no VM can be restored with it
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "lib/library.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define IOMMU	"/dev/iommu"
#define AWAY	"/dev/iommu.away"
#define BASE	0x10000000ull
#define CONTENT	0x6a09e667f3bcc908ull

static const struct {
	const char *name;
	uint64_t page;		/* of its memory, if that is huge */
} spares[] = { { "spare0", 0 }, { "spare1", POOL_2M } };

static uint64_t *first_word(unsigned int i, int fd)
{
	return must_map(fd, spares[i].page ? spares[i].page : MIB, 0, "memory of a VM");
}

static struct iolu_vm *new_spare(unsigned int i)
{
	struct iolu_vm *vm;

	if (iolu_vm_new(spares[i].name, &vm))
		bail_out("no handle");
	return vm;
}

static void save_spare(unsigned int i)
{
	struct iolu_vm *vm = new_spare(i);
	int fd = vm_huge_memfd(spares[i].page ? spares[i].page : MIB, spares[i].page, 0);

	*first_word(i, fd) = CONTENT + i;
	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RAM, fd), "a VM without device has memory");
	lib_must(vm, iolu_vm_add_ioas(vm, "guest"), "and an IOAS");
	lib_must(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, BASE, MIB, LIB_RW), "which maps it");
	lib_must(vm, iolu_vm_save(vm), "it is saved");
	close(fd);
}

static void before(void)
{
	struct iolu_vm *vm;

	lib_plan(state_create(), 1);
	vm = lib_build(0);
	lib_show(vm, 0);
	lib_receive(1);
	save_spare(0);
	save_spare(1);
	mark("preserve.begin");
	lib_must(vm, iolu_vm_save(vm), "the VM with a NIC is saved");
	mark("preserve.end");
	tables_record();
	story_leave();
}

/* -- the next kernel -- */

static void check_works(struct iolu_vm *vm, unsigned int i)
{
	ok(*first_word(i, iolu_vm_memfd(vm, LIB_RAM)) == CONTENT + i, "its memory is as it was",
	   "it is not");
	lib_holds(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, 2 * BASE, MIB, LIB_RW),
		  "its IOAS can be mapped");
	lib_holds(vm, iolu_vm_unmap(vm, "guest", BASE, MIB), "the old mapping is there");
	iolu_vm_free(vm);
}

static void give_later(int iommufd)
{
	struct iolu_vm *vm = new_spare(0);

	iolu_vm_set_liveupdate_fd(vm, luo_device());
	lib_refuses(vm, iolu_vm_restore(vm), ENODEV, IOMMU " cannot be opened",
		    "without /dev/iommu the restore fails, and not as if nothing were there");
	lib_refuses(vm, iolu_vm_finish(vm), EBUSY, "IOAS \"guest\" is not rebuilt",
		    "the update cannot be finished");
	lib_holds(vm, iolu_vm_set_iommufd(vm, iommufd), "an iommufd is given to the incoming VM");
	lib_holds(vm, iolu_vm_restore(vm), "with it the restore succeeds");
	lib_holds(vm, iolu_vm_finish(vm), "and the update is finished");
	check_works(vm, 0);
}

static void give_first(int iommufd)
{
	struct iolu_vm *vm = new_spare(1);

	iolu_vm_set_liveupdate_fd(vm, luo_device());
	lib_holds(vm, iolu_vm_set_iommufd(vm, iommufd), "an iommufd is given before the restore");
	lib_holds(vm, iolu_vm_restore(vm), "the restore succeeds with it");
	lib_holds(vm, iolu_vm_finish(vm), "and the update is finished");
	check_works(vm, 1);
}

static void after(void)
{
	int iommufd[2] = { iommufd_open(), iommufd_open() };
	struct iolu_vm *vm;

	story_arrive();
	vm = lib_new(0);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	lib_holds(vm, iolu_vm_set_iommufd(vm, iommufd[0]), "an iommufd is given that is not needed");
	mark("finish.begin");
	lib_must(vm, iolu_vm_restore(vm), "the VM with a NIC is restored");
	lib_must(vm, iolu_vm_finish(vm), "and finished");
	mark("finish.end");
	lib_show(vm, 0);
	tables_compare("after finish");
	if (rename(IOMMU, AWAY))
		bail_out("no " IOMMU);
	give_later(iommufd[0]);
	give_first(iommufd[1]);
	rename(AWAY, IOMMU);
	story_traffic("lu.post");
	story_judge();
	iolu_vm_free(vm);
}

SCENARIO(.name = "library_no_device", .cmdline = "hugepagesz=2M hugepages=2", .before = before,
	 .after = after);
