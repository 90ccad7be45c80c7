// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The next kernel: the page tables. A VM either adopts the restored ones, or its devices leave them
 * for new ones.
 *
 * Both skip what is done already, as the steps in restore.c do. An IOAS that a dead process had not
 * completed, or that it had built anew, stays in the iommufd until the iommufd is closed.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/iommufd.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt hwpt_attempt = {
	"adopted", "HWPT", (const enum iolu_refusal[]){
		REFUSED_ADOPT_TABLE, REFUSED_ADOPT_TOKEN, REFUSED_ADOPT_AGAIN,
		REFUSED_IOAS_CHANGING, REFUSED_NONE
	},
};

/* Find the HWPTs that are already adopted or taken, perhaps by another process. */
static int learn(struct iolu_vm *vm)
{
	struct iommu_liveupdate_query q = { .size = sizeof(q) };
	struct iolu_hwpt *hwpt;

	for (; !ioctl(vm->iommufd, IOMMU_LIVEUPDATE_QUERY, &q); q.index++) {
		hwpt = iolu_find_token(vm, IOLU_HWPT, q.out_token);
		if (!hwpt)
			continue;
		if (q.out_state == IOMMU_LIVEUPDATE_ISOLATED)
			return iolu_refuse(vm, &hwpt_attempt, hwpt->object.name,
					   REFUSED_ADOPT_ISOLATED);
		if (q.out_state == IOMMU_LIVEUPDATE_RESTORED)
			hwpt->restored = q.out_hwpt_id;
		if (q.out_state != IOMMU_LIVEUPDATE_ADOPTED)
			continue;
		hwpt->object.id = q.out_hwpt_id;
		hwpt->ioas->object.id = q.out_ioas_id;
	}
	return 0;
}

static int adopt(struct iolu_vm *vm, struct iolu_hwpt *hwpt)
{
	struct iommu_hwpt_liveupdate_adopt arg = {
		.size = sizeof(arg), .ioas_id = hwpt->ioas->object.id, .token = hwpt->object.token,
	};
	int rc;

	if (hwpt->object.id)
		return 0;
	iolu_step(vm, "adopt HWPT", hwpt->object.name);
	do {
		rc = ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg) ? -errno : 0;
	} while (rc == -EBADE && iolu_unmap_revoked(vm, hwpt->ioas, arg.out_bad_iova));
	if (rc == -EBADE)
		return iolu_fail(vm, rc, "HWPT \"%s\": not adopted: %s at IOVA 0x%llx of IOAS \"%s\"",
				 hwpt->object.name, iolu_refusal_sentence(REFUSED_ADOPT_DIFFERS),
				 (unsigned long long)arg.out_bad_iova, hwpt->ioas->object.name);
	if (rc)
		return iolu_refused(vm, &hwpt_attempt, hwpt->object.name, rc);
	hwpt->object.id = arg.out_hwpt_id;
	return 0;
}

static int attach(struct iolu_vm *vm, struct iolu_device *device)
{
	if (!device->hwpt || device->attached)
		return 0;
	iolu_step(vm, "attach device", device->object.name);
	return iolu_attach(vm, device, device->hwpt);
}

/* What is there already, and all IOASes as they were */
static int begin(struct iolu_vm *vm)
{
	struct iolu_ioas *ioas;
	int rc = iolu_need_incoming(vm);

	if (!rc && vm->objects[IOLU_HWPT])
		rc = learn(vm);
	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_IOAS, ioas) {
		iolu_step(vm, "rebuild IOAS", ioas->object.name);
		if ((rc = iolu_replay(vm, ioas)))
			return rc;
	}
	return 0;
}

static int adopt_all(struct iolu_vm *vm)
{
	struct iolu_hwpt *hwpt;
	struct iolu_device *device;
	int rc = begin(vm);

	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = adopt(vm, hwpt)))
			return rc;
	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = attach(vm, device)))
			return rc;
	return 0;
}

int iolu_vm_adopt(struct iolu_vm *vm)
{
	return iolu_something_to_restore(vm, adopt_all(vm));
}

/* -- new tables -- */

/* The restored table as an HWPT without an IOAS */
static int take(struct iolu_vm *vm, struct iolu_hwpt *hwpt)
{
	struct iommu_hwpt_liveupdate_adopt arg = {
		.size = sizeof(arg), .flags = IOMMU_LIVEUPDATE_ADOPT_NO_IOAS,
		.token = hwpt->object.token,
	};

	if (hwpt->restored || hwpt->object.id)
		return 0;
	iolu_step(vm, "take HWPT", hwpt->object.name);
	if (ioctl(vm->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg))
		return iolu_refused(vm, &hwpt_attempt, hwpt->object.name, -errno);
	hwpt->restored = arg.out_hwpt_id;
	return 0;
}

/* The device uses the restored table; -ESTALE: it has left it, by a process that died. */
static int enter_restored(struct iolu_vm *vm, struct iolu_device *device)
{
	struct iolu_hwpt restored;
	int rc;

	if (!device->hwpt || device->attached || !device->hwpt->restored)
		return 0;
	restored = *device->hwpt;
	restored.object.id = restored.restored;
	rc = iolu_attach_pt(vm, device, &restored);
	return rc == -ESTALE ? 0 : rc;
}

static int move(struct iolu_vm *vm, struct iolu_device *device)
{
	struct iolu_hwpt *hwpt = device->hwpt;
	int rc = 0;

	if (!hwpt || device->attached)
		return 0;
	if (!hwpt->restored)
		return attach(vm, device);
	iolu_step(vm, "replace table of device", device->object.name);
	if (!hwpt->object.id)
		rc = iolu_alloc_hwpt(vm, hwpt, device->object.id);
	return rc ? rc : iolu_attach(vm, device, hwpt);
}

static int rebuild_all(struct iolu_vm *vm)
{
	struct iolu_device *device;
	struct iolu_hwpt *hwpt;
	int rc = begin(vm);

	if (rc)
		return rc;
	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if ((rc = take(vm, hwpt)))
			return rc;
	/* The devices of a group move together, with the first one. */
	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = enter_restored(vm, device)))
			return rc;
	iolu_for_each(vm, IOLU_DEVICE, device)
		if ((rc = move(vm, device)))
			return rc;
	return 0;
}

int iolu_vm_rebuild(struct iolu_vm *vm)
{
	return iolu_something_to_restore(vm, rebuild_all(vm));
}

/* The session is finished; no device uses them. */
void iolu_drop_restored(struct iolu_vm *vm)
{
	struct iommu_destroy arg = { .size = sizeof(arg) };
	struct iolu_hwpt *hwpt;

	iolu_for_each(vm, IOLU_HWPT, hwpt) {
		arg.id = hwpt->restored;
		if (arg.id)
			ioctl(vm->iommufd, IOMMU_DESTROY, &arg);
		hwpt->restored = 0;
	}
}
