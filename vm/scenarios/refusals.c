// SPDX-License-Identifier: GPL-2.0
/*
 * Refusals that change nothing: invalid marks, preserving an object that depends on an unpreserved
 * one, any change while preserved, adopting an IOAS that differs, finishing too early. Each with
 * the error that names the cause. No traffic.
 *
 * promise: 4, 8
 * red when: leaves are compared (`pt_lu_compare_leaf`): wrong IOASes are accepted, wrong
 *   `out_bad_iova`
 * red when: gaps are compared (`__pt_lu_compare_gap`): an IOAS that lacks a mapping is adopted
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define TOKEN	0xd0d000ull

static void marks(struct vm *vm)
{
	uint32_t other;

	ok_errno(hwpt_mark(vm->iommufd, 0x7fffffff, TOKEN), ENOENT,
		 "a mark needs an HWPT that exists");
	ok_rc(hwpt_mark(vm->iommufd, vm->hwpt[0], TOKEN), "an HWPT can be marked");
	ok_rc(hwpt_alloc(vm->iommufd, vm->device[0].id, vm->ioas[0], &other),
	      "a second HWPT can be made");
	ok_errno(hwpt_mark(vm->iommufd, other, TOKEN), EEXIST, "a token can be used once");
	ok_rc(hwpt_unmark(vm->iommufd, vm->hwpt[0]), "a mark can be taken off");
	ok_rc(hwpt_mark(vm->iommufd, other, TOKEN), "and the token be used again");
	ok_rc(iommufd_destroy(vm->iommufd, other), "a marked HWPT can be destroyed");
	ok_rc(hwpt_mark(vm->iommufd, vm->hwpt[0], TOKEN), "its token is free then");
}

static void preserve_memory(struct vm *vm, unsigned int first)
{
	unsigned int i;

	vm->session = luo_create(vm->data->session);
	for (i = first; i < vm->data->nmems; i++)
		ok_rc(luo_preserve_fd(vm->session, vm->mem_fd[i], TOKEN_MEM(i)),
		      "a memfd is preserved");
}

static void refused(int rc, const char *name)
{
	ok(rc < 0, name, "it was accepted");
	diag("%s: error %d", name, -rc);
}

static void dependencies(struct vm *vm)
{
	const int loose = vm_memfd(MIB, 0);

	preserve_memory(vm, 1);
	refused(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD),
		"an iommufd whose memory is not all in the session is refused");
	refused(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)),
		"a device whose iommufd is not in the session is refused");
	vm_call_off(vm);

	ok_rc(vm_map_spare(vm, loose), "an unsealed memfd is mapped");
	preserve_memory(vm, 0);
	ok_rc(luo_preserve_fd(vm->session, loose, 0x900), "and preserved");
	ok_rc(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD),
	      "an iommufd that maps it as well");
	vm_call_off(vm);
	ok_rc(vm_unmap_spare(vm), "it is unmapped");
	close(loose);

	ok_rc(hwpt_unmark(vm->iommufd, vm->hwpt[0]), "the mark is taken off");
	preserve_memory(vm, 0);
	diag("an iommufd without marks: error %d",
	     -luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD));
	refused(luo_preserve_fd(vm->session, vm->device[0].dev, TOKEN_DEVICE(0)),
		"a device attached to an HWPT that is not marked is refused");
	vm_call_off(vm);
	ok_rc(hwpt_mark(vm->iommufd, vm->hwpt[0], TOKEN), "the mark is set again");
}

static void while_preserved(struct vm *vm)
{
	uint32_t other;

	ok_errno(vm_map_spare(vm, vm->mem_fd[VM_RAM]), EBUSY, "while preserved: map is refused");
	ok_errno(ioas_unmap(vm->iommufd, vm->ioas[0], VM_RAM_IOVA, VM_RAM_SIZE), EBUSY,
		 "while preserved: unmap is refused");
	ok_errno(vfio_attach(vm->device[0].dev, vm->ioas[0]), EBUSY,
		 "while preserved: replacing the attachment is refused");
	ok_errno(vfio_detach(vm->device[0].dev), EBUSY, "while preserved: detach is refused");
	ok_errno(iommufd_destroy(vm->iommufd, vm->hwpt[0]), EBUSY,
		 "while preserved: destroying the HWPT is refused");
	ok_errno(hwpt_unmark(vm->iommufd, vm->hwpt[0]), EBUSY,
		 "while preserved: taking the mark off is refused");
	if (!hwpt_alloc(vm->iommufd, vm->device[0].id, vm->ioas[0], &other))
		ok_errno(hwpt_mark(vm->iommufd, other, TOKEN + 1), EBUSY,
			 "while preserved: another mark is refused");
}

static void before(void)
{
	struct vm *vm = story_alone();

	marks(vm);
	dependencies(vm);
	ok_rc(vm_preserve(vm), "after all these refusals the VM can be preserved");
	while_preserved(vm);
	tables_record();
	story_leave();
}

/*
 * One IOAS that differs from the table: EBADE, and the first IOVA that differs. A leaf may
 * be as large as 2 MiB, then the place is the leaf's beginning.
 */
static void differs(struct vm *vm, const struct area *areas, unsigned int n, uint64_t at,
		    const char *name)
{
	struct adoption got;
	unsigned int i;
	uint32_t ioas;
	int rc = ioas_alloc(vm->iommufd, &ioas);

	for (i = 0; !rc && i < n; i++)
		if (areas[i].length)
			rc = ioas_map(vm->iommufd, ioas, vm->mem_fd[areas[i].mem], &areas[i]);
	if (rc)
		bail_out("an IOAS for \"%s\": error %d", name, -rc);
	rc = hwpt_adopt(vm->iommufd, ioas, TOKEN, &got);
	ok(rc == -EBADE && got.bad_iova <= at && got.bad_iova >= (at & ~(2 * MIB - 1)), name,
	   "error %d at 0x%llx, expected 0x%llx", -rc,
	   (unsigned long long)got.bad_iova, (unsigned long long)at);
	ok_rc(iommufd_destroy(vm->iommufd, ioas), "and its IOAS is free to go");
}

/* Area 0 is the VM's RAM, 1 its read-only alias, 2 the ring: see vm.c. */
static void differences(struct vm *vm)
{
	const struct space *good = &vm->data->space[0];
	const unsigned int n = good->nareas;
	struct area a[SPACE_AREAS + 1];

#define BAD(change, at, name) do {					\
	memcpy(a, good->area, sizeof(good->area));			\
	a[n] = (struct area){};						\
	change;								\
	differs(vm, a, n + 1, at, name);				\
} while (0)
	BAD(a[0].length = 0, VM_RAM_IOVA, "an IOAS that lacks a mapping is not adopted");
	BAD(a[n] = vm_spare, VM_FREE_IOVA, "nor one with a mapping too many");
	BAD(a[0].length -= PAGE, VM_RAM_IOVA + VM_RAM_SIZE - PAGE, "nor one a page short");
	BAD(a[0].offset = PAGE; a[0].length -= PAGE, VM_RAM_IOVA, "nor one shifted in the file");
	BAD(a[1].iova += PAGE, VM_RAM_RO_IOVA, "nor one shifted in the address space");
	BAD(a[1].writable = 1, VM_RAM_RO_IOVA, "nor one that may write more");
	BAD(a[0].writable = 0, VM_RAM_IOVA, "nor one that may write less");
#undef BAD
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	struct adoption got;

	story_arrive();
	story_retrieve();
	ok_errno(luo_finish(vm->session), EBUSY, "finishing before adoption is refused");
	vm_map_space(vm, 0);
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], TOKEN + 1, &got), ENOENT,
		 "a token that was not preserved cannot be adopted");
	differences(vm);
	tables_compare("after the refused adoptions");
	ok_rc(hwpt_verify(vm->iommufd, vm->ioas[0], TOKEN, &got), "the right IOAS is verified");
	ok_rc(vm_adopt(vm), "and adopted");
	ok_errno(hwpt_verify(vm->iommufd, vm->ioas[0], TOKEN, &got), EALREADY,
		 "a second adoption is refused");
	ok_errno(luo_finish(vm->session), EBUSY, "finishing before the device is attached too");
	ok_rc(vm_attach(vm), "the device is attached");
	ok_rc(vm_finish(vm), "the session is finished");
	tables_compare("after finish");
	story_life();
}

SCENARIO(.name = "refusals", .before = before, .after = after);
