// SPDX-License-Identifier: GPL-2.0
/*
 * HWPTs without an IOAS, and devices that leave them for HWPTs of the next kernel.
 *
 * The first VM has two NICs on one table. Each of them moves on its own, so that both share a
 * table at one time and have different ones at another. The second VM either adopts its table, and
 * its NIC goes to and fro between that and a new one; or its NIC moves once, and then its memory is
 * unmapped.
 *
 * Old and new table map the same memory, so no frame tells which of them the IOMMU uses: its
 * entries do.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/child.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "story/replace.h"
#include "story/story.h"

#define MOVES		1000

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 2, .nspaces = 1 },
	{ .session = "vm1", .first_device = 2, .ndevices = 1, .nspaces = 1 },
};

void replace_before(unsigned int vms, void (*check)(void))
{
	story_begin(shapes, vms);
	if (check)
		check();
	story_preserve();
	story_leave();
}

static bool is_restored(struct vm *vm, uint32_t hwpt)
{
	struct iommu_liveupdate_query q;

	return !hwpt_query(vm->iommufd, 0, &q) && q.out_state == IOMMU_LIVEUPDATE_RESTORED &&
	       q.out_hwpt_id == hwpt && !q.out_ioas_id;
}

/* The HWPT without an IOAS, with the devices attached to it */
static uint32_t take(struct vm *vm)
{
	const uint64_t token = vm->data->space[0].token;
	struct dma_device *d;
	uint32_t hwpt;
	int rc;

	ok_rc(hwpt_take(vm->iommufd, 0, token, &hwpt), "an HWPT without an IOAS is had by token");
	ok(is_restored(vm, hwpt), "it is reported as restored", "it is not");
	for_each_device(vm, d) {
		rc = vfio_attach(d->dev, hwpt);
		ok_nic(d->place->index, !rc, "the NIC is attached to it", "%s", strerror(-rc));
	}
	return hwpt;
}

static void refuse(struct vm *vm, uint32_t restored)
{
	const uint64_t token = vm->data->space[0].token;
	struct adoption got;
	uint32_t hwpt;

	ok_errno(hwpt_take(vm->iommufd, 0, token, &hwpt), EALREADY, "it is had only once");
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], token, &got), EALREADY,
		 "and its table is not adopted any more");
	klog_skip();
	refused(hwpt_mark(vm->iommufd, restored, token), EOPNOTSUPP, "HWPT has no IOAS",
		"it cannot be marked");
	ok_errno(luo_finish(vm->session), EBUSY, "the session is not finished while it is used");
	ok_errno(iommufd_destroy(vm->iommufd, restored), EBUSY, "and it cannot be destroyed");
}

/* An IOAS like the one of the previous kernel, and an HWPT of it */
static uint32_t rebuild(struct vm *vm)
{
	uint32_t hwpt;

	vm_map_space(vm, 0);
	ok_rc(hwpt_alloc(vm->iommufd, vm->device[0].id, vm->ioas[0], &hwpt),
	      "IOAS and HWPT are built anew");
	return hwpt;
}

/* Where the table is that the IOMMU uses for the NIC, 0 if there is none */
static uint64_t table_of(const struct dma_device *d)
{
	struct walk_device w = { .source_id = pci_source_id(d->place->bdf) };

	platform()->read_device(&w, platform()->root());
	return w.present ? w.top : 0;
}

static void move(struct vm *vm, struct dma_device *d, uint32_t hwpt)
{
	uint64_t before = table_of(d), now;
	int rc;

	ok_nic(d->place->index, hwpt_may_replace(vm->iommufd, d->id, hwpt) == 1,
	       "the kernel says that a move leaves no gap", "it does not");
	rc = vfio_attach(d->dev, hwpt);
	now = table_of(d);
	ok_nic(d->place->index, !rc, "the NIC moves to another HWPT", "%s", strerror(-rc));
	ok_nic(d->place->index, now && now != before, "its entry leads to another table",
	       "0x%llx, before 0x%llx", (unsigned long long)now, (unsigned long long)before);
}

static void leave(struct vm *vm, uint32_t restored, uint32_t hwpt)
{
	struct dma_device *d;

	for_each_device(vm, d) {
		move(vm, d, hwpt);
		klog_skip();
		refused(vfio_attach(d->dev, restored), ESTALE,
			"HWPT has no IOAS, and the device does not use its table",
			"no way leads back");
	}
}

static bool share_table(struct vm *vm)
{
	struct dma_device *d;

	for_each_device(vm, d)
		if (table_of(d) != table_of(vm->device))
			return false;
	return table_of(vm->device);
}

/* One NIC after the other, from the first HWPT to the second, and so on */
static void to_and_fro(struct vm *vm, const uint32_t *hwpt)
{
	unsigned int i, n = vm->data->ndevices;
	uint64_t before = table_of(vm->device);
	int rc = 0;

	ok(share_table(vm), "all NICs of the VM use one table", "they do not");
	for (i = n; !rc && i < MOVES; i++)
		rc = vfio_attach(vm->device[i % n].dev, hwpt[i / n % 2]);
	ok(i == MOVES && !rc, "1,000 moves succeed", "%u of them: %s", i, strerror(-rc));
	ok(share_table(vm) && table_of(vm->device) != before,
	   "then all of them use the other table", "they do not");
}

/* As soon as the session does not keep it */
static pid_t destroy_at_once(struct vm *vm, uint32_t hwpt)
{
	pid_t pid = fork();
	int rc = -EBUSY;

	if (pid)
		return pid;
	while (rc == -EBUSY)
		rc = iommufd_destroy(vm->iommufd, hwpt);
	_exit(0);
}

static void finish(struct vm *vm, uint32_t restored)
{
	pid_t pid = destroy_at_once(vm, restored);

	ok_rc(vm_finish(vm), "the session is finished when the last NIC has left");
	ok(child_ends(pid, 5000), "another task destroys the restored HWPT at once", "it cannot");
	ok_errno(iommufd_destroy(vm->iommufd, restored), ENOENT, "it is gone");
}

static void rearm(struct dma_device *d)
{
	int rc = vm_arm(d);

	ok_nic(d->place->index, rc >= 0 && vm_interrupt_arrives(d),
	       "an injected interrupt arrives after re-arming", "%s",
	       rc < 0 ? strerror(-rc) : "nothing within a second");
}

static void first_vm(struct vm *vm)
{
	uint32_t restored, hwpt[2], ioas;

	restored = take(vm);
	hwpt[0] = rebuild(vm);
	refuse(vm, restored);
	ioas = vm->ioas[0];
	hwpt[1] = rebuild(vm);
	leave(vm, restored, hwpt[0]);
	to_and_fro(vm, hwpt);
	rearm(&vm->device[0]);
	rearm(&vm->device[1]);
	finish(vm, restored);
	vm->hwpt[0] = hwpt[1];
	ok_rc(iommufd_destroy(vm->iommufd, hwpt[0]), "a table that no NIC uses is destroyed");
	ok_rc(iommufd_destroy(vm->iommufd, ioas), "and its IOAS");
	ok_rc(vm_mark(vm), "the other can be marked for the next update");
}

static void adopted_vm(struct vm *vm)
{
	uint32_t hwpt[2], ioas;

	ok_rc(vm_adopt(vm), "the table of the third NIC is adopted");
	ok_rc(vm_attach(vm), "the third NIC is attached to the adopted HWPT");
	hwpt[0] = vm->hwpt[0];
	ioas = vm->ioas[0];
	hwpt[1] = vm->hwpt[0] = rebuild(vm);
	move(vm, vm->device, hwpt[1]);
	move(vm, vm->device, hwpt[0]);
	to_and_fro(vm, hwpt);
	ok_errno(iommufd_destroy(vm->iommufd, hwpt[0]), EBUSY,
		 "the session keeps the HWPT that it has left");
	rearm(&vm->device[0]);
	ok_rc(vm_finish(vm), "its session is finished");
	ok_rc(iommufd_destroy(vm->iommufd, hwpt[0]), "then the adopted HWPT is destroyed");
	ok_rc(iommufd_destroy(vm->iommufd, ioas), "and the IOAS of it");
}

static void unmapped_vm(struct vm *vm)
{
	uint32_t restored = take(vm);
	const struct device_place *place = vm->device[0].place;

	vm->hwpt[0] = rebuild(vm);
	leave(vm, restored, vm->hwpt[0]);
	finish(vm, restored);
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], place->iova, vm->data->mem_size[place->mem]),
	      "the memory of the third NIC is unmapped");
	mark_nic(place->index, "quiet");
	story_traffic("lu.quiet");
}

void replace_after(void)
{
	story_arrive();
	story_retrieve();
	phase("adopt.begin");
	first_vm(story_vm(0));
	if (state_get()->nvms > 1 && state_get()->vm[1].discarded)
		unmapped_vm(story_vm(1));
	else if (state_get()->nvms > 1)
		adopted_vm(story_vm(1));
	phase("finish.end");
	story_end();
}
