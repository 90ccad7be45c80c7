// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs of two functions each, which no ACS isolates: each pair is a group, and a VM has both
 * functions. In one group there is a third function, which no driver uses. A session with part of a
 * group is refused, and the log names the missing functions. Whole groups receive all through the
 * update. In the next kernel a VMM that has taken one function of its group dies; another process
 * takes both. The session of the other VM is discarded with one of its functions retrieved; both
 * stop, and serve the next VM.
 *
 * Two more groups have two functions each that cannot be reset. The record of the second function
 * is damaged, so both are isolated when the first one is in the restored domain already. One
 * session is discarded; the table of the other is adopted, and destroyed after finish. All four
 * functions stay isolated, and none of them is in a domain that is freed.
 *
 * promise: 1, 3, 4, 6, 7
 * red when: missing members of a group are not looked for (`iommu_lu_check_group`): part of a group
 *   can be frozen
 * red when: an isolated member leaves the restored domain (`iommu_lu_enter_blocked`): the kernel
 *   warns when it frees the domain of each pair
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/records.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"
#include "story/tables.h"

enum { FIRST, SECOND, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 2, .nspaces = 1 },
	{ .session = "vm1", .first_device = 2, .ndevices = 2, .nspaces = 1 },
};

/* Two functions in a group, of which the second one has a damaged record */
static struct pair {
	struct minimal_vm vm;
	char second[BDF_LEN];
	int dev;
} pairs[] = {
	{ .vm.name = "pair0" },
	{ .vm.name = "pair1" },
};

static const struct damage wrong_vendor = {
	.where = DAMAGE_DEVICE, MEMBER(iommu_device_ser, vendor), .value = 0x8086, .seal = true,
};

#define MISSING "not frozen: members of its IOMMU group are in use and not preserved: "

static void preserve_but(struct vm *vm, unsigned int left)
{
	unsigned int i;

	extra_open_session(vm);
	for (i = 0; i < vm->data->ndevices; i++)
		if (i != left)
			ok_rc(luo_preserve_fd(vm->session, vm->device[i].dev, TOKEN_DEVICE(i)),
			      "a function of a group is preserved");
}

static void is_missing(struct vm *vm, const char *bdf, const char *name)
{
	char words[sizeof(MISSING) + BDF_LEN];

	snprintf(words, sizeof(words), MISSING "%s", bdf);
	klog_skip();
	refused(luo_check(vm->data->session), ENOTEMPTY, words, name);
	vm_call_off(vm);
}

static void third_function(struct vm *vm)
{
	char bdf[BDF_LEN];
	uint32_t id;
	int dev;

	pci_find_device(EXTRA_DISPLAY, 0, bdf);
	ok(pci_group(bdf) == pci_group(vm->device[0].place->bdf),
	   "a third function is in the group", "it is not");
	dev = vfio_open_bound(bdf, vm->iommufd, &id);
	ok_rc(dev, "the VMM opens the third function");
	preserve_but(vm, 2);
	is_missing(vm, bdf, "the group cannot be frozen without it");
	close(dev);
	ok_rc(pci_unbind_vfio(bdf), "it has no driver any more");
}

static void find_pairs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		pci_find_device(EXTRA_VIRTIO_RNG, 2 * i, pairs[i].vm.bdf);
		pci_find_device(EXTRA_VIRTIO_RNG, 2 * i + 1, pairs[i].second);
	}
}

static void build_pair(struct pair *p)
{
	struct vm_data damaged = {};
	uint32_t id;
	int rc;

	minimal_vm_build(&p->vm);
	p->dev = vfio_open_bound(p->second, p->vm.iommufd, &id);
	rc = p->dev < 0 ? p->dev : vfio_attach(p->dev, p->vm.hwpt);
	ok_rc(rc, "the second function of a pair uses the table of the first");
	vfio_enable_bus_master(p->dev);
	minimal_vm_preserve(&p->vm);
	ok_rc(luo_preserve_fd(p->vm.session, p->dev, TOKEN_DEVICE(1)), "both are preserved");
	snprintf(damaged.device[0].bdf, sizeof(damaged.device[0].bdf), "%s", p->second);
	damage_order(&wrong_vendor, &damaged, &damaged);
}

static void before(void)
{
	struct vm *vm = story_vm(FIRST);
	unsigned int i;

	story_begin(shapes, VMS);
	ok(pci_group(vm->device[0].place->bdf) == pci_group(vm->device[1].place->bdf),
	   "two functions share a group", "they do not");
	ok_rc(vm_mark(vm), "the HWPT of the group is marked");
	for (i = 0; i < 2; i++) {
		preserve_but(vm, i);
		is_missing(vm, vm->device[i].place->bdf,
			   "a group without one of its functions cannot be frozen");
	}
	third_function(vm);
	story_discard_from(SECOND);
	damage_forget_records();
	find_pairs();
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		build_pair(&pairs[i]);
	story_preserve();
	ok_rc(luo_check(vm->data->session), "the whole group can be frozen");
	story_leave();
}

/* One function of two, through all steps up to attach */
static int take_one(struct vm *vm, struct vm_data *data)
{
	int rc;

	vm_retrieve_memory(vm, data);
	vm->iommufd = luo_retrieve_fd(vm->session, TOKEN_IOMMUFD);
	vm->device[1].dev = luo_retrieve_fd(vm->session, TOKEN_DEVICE(1));
	rc = vm->device[1].dev < 0 ? vm->device[1].dev : vm_bind_device(vm, &vm->device[1]);
	rc = rc ?: vm_adopt(vm);
	rc = rc ?: vfio_attach(vm->device[1].dev, vm->hwpt[0]);
	return rc ?: luo_finish(vm->session) == -EBUSY ? 0 : -EINVAL;
}

static void die_with_one(struct vm_data *data)
{
	pid_t pid = fork();
	int status = 0;
	struct vm vm;

	if (!pid) {
		if (take_one(&vm, data))
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status),
	   "a VMM attaches one function, cannot finish without the other, and dies", "it failed");
	tables_compare("after the crash");
}

static void take_both(struct vm *vm, struct vm_data *data)
{
	struct iommu_liveupdate_query q;
	struct dma_device *d;

	ok_rc(vm_retrieve(vm, data), "another process retrieves all of the session");
	ok_rc(vm_bind_device(vm, &vm->device[0]), "it binds the other function");
	ok_rc(hwpt_query(vm->iommufd, 0, &q), "it learns of the adopted HWPT");
	vm->hwpt[0] = q.out_hwpt_id;
	vm->ioas[0] = q.out_ioas_id;
	ok_rc(vm_attach(vm), "it attaches both");
	for_each_device(vm, d) {
		d->memory = device_memory(vm, d - vm->device);
		dma_device_map(d);
		ok_nic(d->place->index, vm_arm(d) >= 0 && vm_interrupt_arrives(d),
		       "its interrupts arrive", "nothing within a second");
	}
	phase("finish.begin");
	ok_rc(vm_finish(vm), "the session is finished");
	phase("finish.end");
	tables_compare("after finish");
}

static void discard_with_one(struct vm_data *data)
{
	int session = luo_retrieve(data->session), dev, iommufd;
	unsigned int i;

	iommufd = luo_retrieve_fd(session, TOKEN_IOMMUFD);
	dev = luo_retrieve_fd(session, TOKEN_DEVICE(0));
	ok(iommufd >= 0 && dev >= 0, "one function of the other VM is retrieved", "error %d", -dev);
	ok_rc(luo_discard(session), "its session is discarded");
	for (i = 0; i < data->ndevices; i++) {
		ok_nic(data->device[i].index, !pci_bus_master(data->device[i].bdf),
		       "the function is stopped", "it is bus master");
		mark_nic(data->device[i].index, "quiet");
	}
	close(dev);
	close(iommufd);
	close(session);
	for (i = 0; i < data->ndevices; i++)
		ok(pci_update_state(data->device[i].bdf, "none"), "and is ordinary", "it is not");
}

static void is_isolated(const struct pair *p, int error, const char *name)
{
	const int iommufd = iommufd_open();
	uint32_t id;

	ok(!pci_bus_master(p->vm.bdf) && !pci_bus_master(p->second), name,
	   "one of the two is bus master");
	ok_errno(vfio_open_bound(p->vm.bdf, iommufd, &id), error, "and cannot be opened");
	close(iommufd);
}

static void discard_pair(struct pair *p)
{
	is_isolated(p, EBUSY, "one damaged record isolates both functions of a pair");
	p->vm.session = luo_retrieve(p->vm.name);
	ok_rc(luo_discard(p->vm.session), "the session of the pair is discarded");
	close(p->vm.session);
	is_isolated(p, EPERM, "both stay isolated, since they cannot be reset");
}

/* The table has a user in userspace, and none in the hardware. */
static void adopt_pair(struct pair *p)
{
	struct adoption got;
	unsigned int i;

	is_isolated(p, EBUSY, "one damaged record isolates both functions of the other pair");
	p->vm.session = luo_retrieve(p->vm.name);
	p->vm.memfd = luo_retrieve_fd(p->vm.session, TOKEN_MEM(0));
	p->vm.iommufd = luo_retrieve_fd(p->vm.session, TOKEN_IOMMUFD);
	for (i = 0; i < 2; i++)
		ok_errno(luo_retrieve_fd(p->vm.session, TOKEN_DEVICE(i)), EIO,
			 "a function of the pair cannot be retrieved");
	ok_rc(minimal_vm_map(&p->vm), "its memory is mapped again");
	ok_rc(hwpt_adopt(p->vm.iommufd, p->vm.ioas, MINIMAL_VM_TOKEN, &got),
	      "its table can be adopted");
	ok_rc(luo_finish(p->vm.session), "and the session finished");
	close(p->vm.session);
	ok_rc(iommufd_destroy(p->vm.iommufd, got.hwpt), "the table is destroyed");
	close(p->vm.iommufd);
	is_isolated(p, EPERM, "both stay isolated");
}

static void receive_again(struct vm *vm)
{
	struct dma_device *d;

	vm_create(vm, &state_get()->vm[SECOND], &shapes[SECOND]);
	for_each_device(vm, d)
		mark_nic(d->place->index, "used");
	vm_start_reception(vm);
	for_each_device(vm, d)
		ok_nic(d->place->index, device_reaches(d, 10),
		       "the function receives for its next user", "head at %u",
		       device_progress(d));
}

/* It has been in the group's domain all the time, and did nothing. */
static void use_third(struct vm *vm)
{
	char bdf[BDF_LEN];
	uint32_t id;
	int dev;

	pci_find_device(EXTRA_DISPLAY, 0, bdf);
	dev = vfio_open_bound(bdf, vm->iommufd, &id);
	ok_rc(dev, "the third function of the group can be opened");
	ok_rc(vfio_attach(dev, vm->hwpt[0]), "and attached to the adopted HWPT");
	close(dev);
}

static void after(void)
{
	struct state *state;

	story_arrive();
	state = state_get();
	find_pairs();
	discard_pair(&pairs[0]);
	adopt_pair(&pairs[1]);
	die_with_one(&state->vm[FIRST]);
	discard_with_one(&state->vm[SECOND]);
	take_both(story_vm(FIRST), &state->vm[FIRST]);
	use_third(story_vm(FIRST));
	receive_again(story_vm(SECOND));
	story_discard_from(SECOND);
	story_end();
}

#define RNG "virtio-rng-pci,iommu_platform=on,disable-legacy=on"

SCENARIO(.name = "group_of_functions", .nics = "e1000e,beside:e1000e,e1000e,beside:e1000e",
	 .discarded = "2,3", .cmdline = "lu.rate=300", .timeout = 150,
	 .qemu = "-device bochs-display,bus=rp0,addr=0.2"
		 " -device " RNG ",addr=0b.0,multifunction=on -device " RNG ",addr=0b.1"
		 " -device " RNG ",addr=0c.0,multifunction=on -device " RNG ",addr=0c.1",
	 .before = before, .after = after);
