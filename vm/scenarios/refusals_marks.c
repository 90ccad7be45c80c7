// SPDX-License-Identifier: GPL-2.0
/*
 * Refusals of MARK, ADOPT, QUERY and AREA before anything is preserved: invalid arguments, and
 * kinds of HWPT that cannot be preserved. Nesting needs an IOMMU that supports it; if the emulated
 * one does not, the scenario says so. No traffic.
 *
 * promise: 4
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "kapi/iommufd.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define TOKEN	0xd0d000ull

static int mark_raw(struct vm *vm, uint32_t size, uint32_t flags, uint32_t reserved,
		    uint64_t trailing)
{
	struct {
		struct iommu_hwpt_liveupdate_mark mark;
		uint64_t trailing;
	} arg = {
		.mark = { .size = size, .flags = flags, .hwpt_id = vm->hwpt[0],
			  .__reserved = reserved, .token = TOKEN },
		.trailing = trailing,
	};

	return try_ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg);
}

static void mark_arguments(struct vm *vm)
{
	const uint32_t size = sizeof(struct iommu_hwpt_liveupdate_mark);

	ok_errno(mark_raw(vm, size - 8, 0, 0, 0), EINVAL, "MARK refuses a struct too short");
	ok_errno(mark_raw(vm, size + 8, 0, 0, 1), E2BIG,
		 "MARK refuses something behind the struct");
	ok_errno(mark_raw(vm, size, 2, 0, 0), EOPNOTSUPP, "MARK refuses an unknown flag");
	ok_errno(mark_raw(vm, size, 0, 1, 0), EOPNOTSUPP, "MARK refuses the reserved word");
	ok_errno(mark_raw(vm, size, IOMMU_LIVEUPDATE_MARK_CLEAR, 0, 0), EINVAL,
		 "MARK refuses a token to take off");
	ok_errno(hwpt_mark(vm->iommufd, vm->ioas[0], TOKEN), ENOENT, "MARK refuses an IOAS");
	ok_errno(hwpt_mark(vm->iommufd, vm->device[0].id, TOKEN), ENOENT, "MARK refuses a device");
	ok_rc(mark_raw(vm, size + 8, 0, 0, 0), "MARK takes a longer struct with nothing behind");
}

static void other_arguments(struct vm *vm)
{
	struct iommu_hwpt_liveupdate_adopt adopt = {
		.size = sizeof(adopt), .flags = 1u << 31, .ioas_id = vm->ioas[0], .token = TOKEN,
	};
	struct iommu_liveupdate_query query = { .size = sizeof(query), .flags = 1 };
	struct iommu_liveupdate_query out;
	struct adoption got;

	ok_errno(try_ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &adopt), EOPNOTSUPP,
		 "ADOPT refuses an unknown flag");
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], TOKEN, &got), ENOENT,
		 "ADOPT refuses a token of this kernel");
	ok_errno(hwpt_adopt(vm->iommufd, 0x7fffffff, TOKEN, &got), ENOENT,
		 "ADOPT refuses an IOAS that does not exist");
	ok_errno(try_ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, &query), EOPNOTSUPP,
		 "QUERY refuses an unknown flag");
	ok_errno(hwpt_query(vm->iommufd, 1, &out), ENOENT, "QUERY refuses one token too many");
	ok(!hwpt_query(vm->iommufd, 0, &out) && out.out_state == IOMMU_LIVEUPDATE_MARKED &&
	   out.out_hwpt_id == vm->hwpt[0], "the mark is as it was set",
	   "state %u of HWPT %u", out.out_state, out.out_hwpt_id);
}

static int area_raw(struct vm *vm, uint32_t size, uint32_t flags, uint32_t ioas, uint64_t trailing)
{
	struct {
		struct iommu_ioas_liveupdate_area area;
		uint64_t trailing;
	} arg = {
		.area = { .size = size, .flags = flags, .ioas_id = ioas },
		.trailing = trailing,
	};

	return try_ioctl(vm->iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, &arg);
}

static void area_arguments(struct vm *vm)
{
	const uint32_t size = sizeof(struct iommu_ioas_liveupdate_area);
	struct iommu_ioas_liveupdate_area area = {
		.size = size, .ioas_id = vm->ioas[0], .iova = ~0ull,
	};

	ok_errno(area_raw(vm, size - 8, 0, vm->ioas[0], 0), EINVAL,
		 "AREA refuses a struct too short");
	ok_errno(area_raw(vm, size + 8, 0, vm->ioas[0], 1), E2BIG,
		 "AREA refuses something behind the struct");
	ok_errno(area_raw(vm, size, 1, vm->ioas[0], 0), EOPNOTSUPP, "AREA refuses an unknown flag");
	ok_errno(area_raw(vm, size, 0, vm->hwpt[0], 0), ENOENT, "AREA refuses an HWPT");
	ok_errno(try_ioctl(vm->iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, &area), ENOENT,
		 "AREA refuses an IOVA behind the last area");
	ok_rc(area_raw(vm, size, 0, vm->ioas[0], 0), "AREA finds the first one");
}

static int alloc_kind(struct vm *vm, uint32_t flags, uint32_t fault, uint32_t *hwpt)
{
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .flags = flags, .dev_id = vm->device[0].id,
		.pt_id = vm->ioas[0], .fault_id = fault,
	};
	int rc = try_ioctl(vm->iommufd, IOMMU_HWPT_ALLOC, &arg);

	*hwpt = arg.out_hwpt_id;
	return rc;
}

static void not_markable(struct vm *vm, uint32_t hwpt, const char *name)
{
	ok_errno(hwpt_mark(vm->iommufd, hwpt, TOKEN + 1), EOPNOTSUPP, name);
	ok_rc(iommufd_destroy(vm->iommufd, hwpt), "and it can be destroyed");
}

static void kind_if_there(struct vm *vm, uint32_t flags, const char *name)
{
	uint32_t hwpt;
	int rc = alloc_kind(vm, flags, 0, &hwpt);

	if (rc == -EOPNOTSUPP)
		diag("the emulated IOMMU has none: %s", name);
	else if (ok_rc(rc, "an HWPT of another kind can be made"))
		not_markable(vm, hwpt, name);
}

static void fault_capable(struct vm *vm)
{
	struct iommu_fault_alloc queue = { .size = sizeof(queue) };
	uint32_t hwpt;

	must_ioctl(vm->iommufd, IOMMU_FAULT_QUEUE_ALLOC, &queue, "make a fault queue");
	ok_rc(alloc_kind(vm, IOMMU_HWPT_FAULT_ID_VALID, queue.out_fault_id, &hwpt),
	      "an HWPT with a fault queue can be made");
	not_markable(vm, hwpt, "it cannot be marked");
	close(queue.out_fault_fd);
}

/* The HWPT that attaching to an IOAS makes goes away with the attachment. */
static void automatic(struct vm *vm)
{
	struct vfio_device_attach_iommufd_pt arg = { .argsz = sizeof(arg), .pt_id = vm->ioas[0] };

	ok_rc(try_ioctl(vm->device[0].dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg),
	      "the device is attached to the IOAS instead");
	ok(arg.pt_id != vm->ioas[0] && arg.pt_id != vm->hwpt[0], "which makes an HWPT",
	   "it is %u", arg.pt_id);
	ok_errno(hwpt_mark(vm->iommufd, arg.pt_id, TOKEN + 1), EOPNOTSUPP, "it cannot be marked");
	ok_rc(vfio_attach(vm->device[0].dev, vm->hwpt[0]), "and the device be attached as before");
}

static void kinds(struct vm *vm)
{
	uint32_t plain;

	fault_capable(vm);
	automatic(vm);
	kind_if_there(vm, IOMMU_HWPT_ALLOC_NEST_PARENT, "the parent of nested HWPTs cannot be marked");
	ok_rc(alloc_kind(vm, 0, 0, &plain), "a plain HWPT can be made in the same way");
	ok_rc(hwpt_mark(vm->iommufd, plain, TOKEN + 1), "it can be marked with the same token");
	ok_rc(iommufd_destroy(vm->iommufd, plain), "and be destroyed");
}

static void before(void)
{
	struct vm *vm = story_alone();

	mark_arguments(vm);
	other_arguments(vm);
	area_arguments(vm);
	kinds(vm);
	ok_rc(vm_preserve(vm), "after all these refusals the VM can be preserved");
	vm_call_off(vm);
	story_close(vm);
}

SCENARIO(.name = "refusals_marks", .before = before);
