// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel's chapters: arrive (look, touch nothing), retrieve, adopt, finish, traffic,
 * life (the HWPT is an ordinary one). The last look is in story_judge.c.
 *
 * In a bare run devices are opened afresh where preserved ones are taken over, and adopt and
 * finish have nothing to do.
 *
 * Invariant: between the first look and judge no register of a preserved NIC that has to do
 * with reception is written.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "story/story.h"
#include "story/tables.h"

static void look_at_nic(const struct device_place *place)
{
	struct dma_device nic = {};

	dma_device_look(&nic, place->bdf, place->model);
	fig_nic(place->index, "source_id", pci_source_id(place->bdf));
	fig_nic(place->index, "head_at_reboot", place->head);
	fig_nic(place->index, "head_at_arrival", device_progress(&nic));
	fig_nic(place->index, "bus_master_at_arrival", pci_bus_master(place->bdf));
	dma_device_unmap(&nic);
}

static void look_at_vm(const struct vm_data *data)
{
	const struct device_place *d;

	for (d = data->device; d < data->device + data->ndevices; d++) {
		if (!data->discarded || pci_exists(d->bdf))
			look_at_nic(d);
		if (!data->preserved || data->discarded)
			continue;
		ok_nic(d->index, pci_bus_master_path(d->bdf),
		       "bus mastering is on for the device and every bridge above it", "it is off");
		ok_nic(d->index, pci_power_state(d->bdf) <= 0, "the device is in D0",
		       "D%d", pci_power_state(d->bdf));
	}
}

void story_arrive(void)
{
	bool on = platform()->translating();
	struct state *state;
	unsigned int i;

	tables_arrive();
	state = state_retrieve();
	ok(on, "translation is on when the next kernel starts userspace", "status 0x%x",
	   platform()->status());
	for (i = 0; i < state->nvms; i++)
		look_at_vm(&state->vm[i]);
	if (!story_bare())
		tables_compare_arrival();
	state_finish();
}

/* The control: memory was preserved, the device is opened as usual. */
static void open_afresh(struct vm *vm)
{
	struct dma_device *d;
	int rc;

	vm->iommufd = iommufd_open();
	rc = ioas_alloc(vm->iommufd, &vm->ioas[0]);
	for_each_device(vm, d) {
		if (rc)
			break;
		d->dev = vfio_open_bound(d->place->bdf, vm->iommufd, &d->id);
		rc = d->dev < 0 ? d->dev : vfio_attach(d->dev, vm->ioas[0]);
	}
	ok_rc(rc, "a device that was left behind can be opened afresh");
}

static void bind_drivers(void)
{
	struct vm *vm;
	unsigned int i;

	phase("driver.begin");
	for_each_vm(vm) {
		const struct vm_data *data = &state_get()->vm[vm - story_vm(0)];

		for (i = 0; data->preserved && i < data->ndevices; i++)
			pci_bind_vfio(data->device[i].bdf);
	}
	phase("driver.end");
}

static void take_device(struct vm *vm)
{
	struct dma_device *d;

	for_each_device(vm, d) {
		d->memory = device_memory(vm, d - vm->device);
		dma_device_map(d);
		ok_nic(d->place->index, d->ops->running(d->regs),
		       "the NIC is receiving when it is taken over", "reception is off");
	}
}

void story_retrieve(void)
{
	struct vm *vm;

	bind_drivers();
	phase("retrieve.begin");
	for_each_vm(vm) {
		struct vm_data *data = &state_get()->vm[vm - story_vm(0)];

		if (data->preserved)
			ok_rc(vm_retrieve(vm, data), "memory, iommufd and devices are retrieved");
		else
			vm_retrieve_memory(vm, data);
	}
	phase("retrieve.end");
	phase("bind.begin");
	for_each_vm(vm)
		if (vm->data->preserved)
			ok_rc(vm_bind(vm), "the devices are bound to the retrieved iommufd");
	phase("bind.end");
	for_each_vm(vm)
		if (vm->data->preserved)
			take_device(vm);
}

static void rearm(struct vm *vm)
{
	struct dma_device *d;
	int rc;

	for_each_device(vm, d) {
		rc = vm_arm(d);
		ok_nic(d->place->index, rc >= 0 && vm_interrupt_arrives(d),
		       "an injected interrupt arrives after re-arming", "%s",
		       rc < 0 ? strerror(-rc) : "nothing");
	}
}

void story_adopt(void)
{
	struct vm *vm;

	if (story_any_preserved())
		tables_compare("before adoption");
	phase("adopt.begin");
	for_each_vm(vm)
		if (vm->data->preserved)
			ok_rc(vm_adopt(vm), "the tables are adopted");
	phase("adopt.end");
	phase("attach.begin");
	for_each_vm(vm)
		if (vm->data->preserved)
			ok_rc(vm_attach(vm), "the devices are attached to the adopted HWPTs");
	phase("attach.end");
	if (story_any_preserved())
		tables_compare("after adoption");
	phase("rearm");
	for_each_vm(vm)
		if (vm->data->preserved)
			rearm(vm);
}

void story_finish(void)
{
	struct vm *vm;

	phase("finish.begin");
	for_each_vm(vm) {
		if (vm->data->preserved)
			ok_rc(vm_finish(vm), "the session is finished");
		else if (!vm_finish(vm) && story_bare())
			open_afresh(vm);
	}
	phase("finish.end");
	if (story_any_preserved())
		tables_compare("after finish");
}

/* All of it for one VM, when others go another way. */
void story_take_over(struct vm *vm)
{
	ok_rc(vm_restore(vm, &state_get()->vm[vm - story_vm(0)]),
	      "a VM is restored as if the others did not exist");
	take_device(vm);
	rearm(vm);
	phase("finish.begin");
	ok_rc(vm_finish(vm), "its session is finished");
	phase("finish.end");
}

/* The next VM on a discarded device, with its own memory */
void story_use_again(unsigned int i)
{
	struct vm *vm = story_vm(i);

	vm_create(vm, &state_get()->vm[i], &one_nic_each[i]);
	nap(4);		/* frames arrive for it meanwhile: the runner wants traffic that proves something */
	mark_nic(i, "used");
	vm_start_reception(vm);
}

/* The device serves its next VM, which can be preserved in turn. */
void story_receive_again(unsigned int i)
{
	struct vm *vm = story_vm(i);

	story_use_again(i);
	ok_nic(i, device_reaches(&vm->device[0], 10),
	       "the device receives for its next user", "head at %u",
	       device_progress(&vm->device[0]));
	ok_rc(vm_mark(vm), "and can be marked for the next update");
}

/* The scenario itself judges this VM and those after it. */
void story_discard_from(unsigned int first)
{
	struct state *state = state_get();
	unsigned int i;

	for (i = first; i < state->nvms; i++)
		state->vm[i].discarded = true;
}

static void stop_nics(struct vm *vm)
{
	struct dma_device *d;

	for_each_device(vm, d)
		if (d->regs)
			d->ops->stop(d);
}

/* Everything that the VM holds goes; each step is one that can be refused. */
void story_close(struct vm *vm)
{
	struct dma_device *d;
	unsigned int s;
	int rc = 0;

	stop_nics(vm);
	for_each_device(vm, d) {
		if (d->regs)
			dma_device_unmap(d);
		if (!rc)
			rc = vfio_detach(d->dev);
		close(d->dev);
	}
	ok_rc(rc, "the devices are detached");
	for (s = 0, rc = 0; !rc && s < vm->data->nspaces; s++) {
		if (vm->hwpt[s])
			rc = iommufd_destroy(vm->iommufd, vm->hwpt[s]);
		if (!rc && vm->ioas[s])
			rc = iommufd_destroy(vm->iommufd, vm->ioas[s]);
	}
	ok_rc(rc, "HWPTs and IOASes are destroyed");
	close(vm->iommufd);
}

static void life(struct vm *vm)
{
	ok_rc(vm_map_spare(vm, vm->mem_fd[VM_RAM]), "another range can be mapped after adoption");
	ok_rc(vm_unmap_spare(vm), "and unmapped again");
}

void story_life(void)
{
	struct vm *vm;

	for_each_vm(vm) {
		if (vm->iommufd < 0)
			continue;
		if (vm->data->preserved)
			life(vm);
		story_close(vm);
	}
}

void story_end(void)
{
	story_traffic("lu.post");
	story_judge();
	story_life();
}

void story_go_on(void)
{
	story_retrieve();
	story_adopt();
	story_finish();
	story_end();
}

void story_after(void)
{
	story_arrive();
	story_go_on();
}

/* A VM whose device this kernel could not take over */
void story_discard_isolated(unsigned int i)
{
	int session = luo_retrieve(state_get()->vm[i].session);

	ok_errno(luo_retrieve_fd(session, TOKEN_DEVICE(0)), EIO, "the NIC cannot be retrieved");
	ok_rc(luo_discard(session), "the session is discarded");
	close(session);
}

void story_ats_isolated(unsigned int i)
{
	const char *bdf = state_get()->vm[i].device[0].bdf;
	char words[80];

	snprintf(words, sizeof(words), "%s: ATS differs from the record", bdf);
	ok_nic(i, klog_said(words), "the kernel says that ATS differs", "it does not");
	ok_nic(i, !pci_bus_master(bdf), "isolated before userspace runs", "it is bus master");
	ok_nic(i, !pci_ats_is_on(bdf), "its ATS is off", "it is on");
	mark_nic(i, "quiet");
}

void story_isolated(const char *why)
{
	struct vm_data *data = &state_get()->vm[0];

	ok(klog_says(why), "the kernel says why it isolates the NIC", "it does not");
	ok_nic(0, !pci_bus_master(data->device[0].bdf), "the NIC is stopped", "it is bus master");
	mark_nic(0, "quiet");
	story_discard_isolated(0);
	ok(pci_update_state(data->device[0].bdf, "none"), "the NIC is an ordinary device",
	   "it is not");
}
