// SPDX-License-Identifier: GPL-2.0
/*
 * Two NICs of two functions each, which no ACS isolates: each pair is a group, and a VM has both
 * functions. In one group there is a third function, which no driver uses. A session with part of a
 * group is refused, and the log names the missing functions. Whole groups receive all through the
 * update. In the next kernel a VMM that has taken one function of its group dies; another process
 * takes both. The session of the other VM is discarded with one of its functions retrieved; both
 * stop, and serve the next VM.
 *
 * promise: 1, 3, 4, 7
 * red when: missing members of a group are not looked for (`iommu_lu_check_group`): part of a group can
 *   be frozen
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

enum { FIRST, SECOND, VMS };

static const struct vm_shape shapes[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 2, .nspaces = 1 },
	{ .session = "vm1", .first_device = 2, .ndevices = 2, .nspaces = 1 },
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

static void receive_again(struct vm *vm)
{
	struct dma_device *d;

	vm_create(vm, &state_get()->vm[SECOND], &shapes[SECOND]);
	for_each_device(vm, d)
		mark_nic(d->place->index, "used");
	vm_start_reception(vm);
	sleep_ms(300);
	for_each_device(vm, d)
		ok_nic(d->place->index, device_progress(d) > 10,
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
	die_with_one(&state->vm[FIRST]);
	discard_with_one(&state->vm[SECOND]);
	take_both(story_vm(FIRST), &state->vm[FIRST]);
	use_third(story_vm(FIRST));
	receive_again(story_vm(SECOND));
	story_discard_from(SECOND);
	story_end();
}

SCENARIO(.name = "group_of_functions", .nics = "e1000e,beside:e1000e,e1000e,beside:e1000e",
	 .discarded = "2,3", .cmdline = "lu.rate=300", .timeout = 150,
	 .qemu = "-device bochs-display,bus=rp0,addr=0.2", .before = before, .after = after);
