// SPDX-License-Identifier: GPL-2.0
/*
 * The usual story of a live update, in chapters; this file has the previous kernel's: begin (VMs
 * built, NICs receiving, traffic), preserve, leave (kexec). story_next.c has the new one's.
 *
 * In a bare run (stock kernel, or preservation left out as a control) only memory is preserved.
 * The ring in the preserved memory then shows which frames arrived.
 */
#include <errno.h>
#include <string.h>

#include "iommu/guard.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "os/report.h"
#include "os/util.h"
#include "story/story.h"
#include "story/tables.h"

const struct vm_shape one_nic_each[STATE_VMS] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm2", .first_device = 2, .ndevices = 1, .nspaces = 1 },
	{ .session = "vm3", .first_device = 3, .ndevices = 1, .nspaces = 1 },
};

int story_stage(void)
{
	return cmdline_number("lu.stage", 1);
}

bool story_bare(void)
{
	return state_get()->bare;
}

/* In a control these phases do not happen, so they are not marked either. */
void phase(const char *name)
{
	if (!story_bare())
		mark(name);
}

unsigned int story_rate(void)
{
	unsigned int rate = cmdline_number("lu.rate", 700), most, i;
	char bdf[BDF_LEN];

	for (i = 0; dma_device_find(i, bdf); i++) {
		most = dma_device_ops(dma_device_model(bdf))->most_rate;
		if (most && most < rate)
			rate = most;
	}
	return rate;
}

static unsigned int rate_of(const struct dma_device *d)
{
	unsigned int rate = cmdline_number("lu.rate", 700);

	return d->ops->most_rate && d->ops->most_rate < rate ? d->ops->most_rate : rate;
}

void story_traffic(const char *param)
{
	sleep_ms(cmdline_number(param, 2200));
}

static void start_traffic(void)
{
	struct vm *vm;
	struct dma_device *d;

	mark("rx_on");
	for_each_vm(vm)
		for_each_device(vm, d)
			tx_start(d->place->index, rate_of(d), cmdline_number("lu.len", 200));
	story_traffic("lu.pre");
	for_each_vm(vm)
		for_each_device(vm, d)
			ok_nic(d->place->index,
			       device_reaches(d, rate_of(d)) && vm_interrupt_came(d),
			       "frames and interrupts arrive in the previous kernel",
			       "receive head at %u", device_progress(d));
}

static void leave_devices_behind(void)
{
	struct vm *vm;

	state_get()->bare = 1;
	for_each_vm(vm)
		vm->data->preserved = 0;
}

void story_begin(const struct vm_shape *shapes, unsigned int n)
{
	struct state *state = state_create();
	char text[32];
	struct vm *vm;

	state->nvms = n;
	for_each_vm(vm) {
		vm_create(vm, &state->vm[vm - story_vm(0)], &shapes[vm - story_vm(0)]);
		vm_start_reception(vm);
		if (shapes[vm - story_vm(0)].nvirtual)
			vm_enable_virtual(vm, shapes[vm - story_vm(0)].nvirtual);
	}
	if (cmdline_get("lu.without", text, sizeof(text)))
		leave_devices_behind();
	if (guard_possible())
		guard_fill();
	start_traffic();
}

void story_begin_virtual(unsigned int n)
{
	struct vm_shape shapes[STATE_VMS];

	memcpy(shapes, one_nic_each, sizeof(shapes));
	shapes[0].nvirtual = n;
	story_begin(shapes, n + 1);
}

/* A kernel that does not know the mark is the control run with the stock kernel. */
static void mark_vm(struct vm *vm)
{
	int rc;

	if (!vm->data->preserved)
		return;
	rc = vm_mark(vm);
	if (rc == -ENOTTY) {
		diag("this kernel cannot preserve an IOMMU: the device is left behind");
		leave_devices_behind();
	} else if (!ok_rc(rc, "the HWPTs are marked with a token")) {
		vm->data->preserved = 0;
	}
}

bool story_any_preserved(void)
{
	struct vm *vm;

	for_each_vm(vm)
		if (vm->data->preserved)
			return true;
	return false;
}

struct vm *story_alone(void)
{
	struct vm *vm = story_vm(0);

	state_create()->nvms = 1;
	vm_create(vm, &state_get()->vm[0], &one_nic_each[0]);
	vm_start_reception(vm);
	return vm;
}

void story_preserve(void)
{
	struct vm *vm;

	if (state_get()->updates == 0)
		for_each_vm(vm)
			mark_vm(vm);
	phase("preserve.begin");
	for_each_vm(vm)
		if (!ok_rc(vm_preserve(vm), "the VM is preserved in its session"))
			bail_out("a VM that is not preserved cannot be updated");
	phase("preserve.end");
	if (!story_any_preserved())
		return;
	tables_record();
	fig("records", kho_records());
	fig("record_bytes", kho_record_bytes());
	if (kho_countable())
		fig("preserved_blocks", kho_preserved_keys());
}

void story_leave(void)
{
	struct vm *vm;
	struct dma_device *d;

	state_get()->updates++;
	state_preserve();
	kexec_load_next(story_stage());
	for_each_vm(vm)
		for_each_device(vm, d)
			if (d->regs)
				d->place->head = device_progress(d);
	kexec_go();
}

void story_before(const struct vm_shape *shapes, unsigned int n)
{
	story_begin(shapes, n);
	story_preserve();
	story_leave();
}

/* A VM of one NIC, whose session the next kernel discards */
void story_before_discard(void)
{
	story_begin(one_nic_each, 1);
	story_discard_from(0);
	story_preserve();
	story_leave();
}

/* The first of several updates: the image that all of them load is preserved, too. */
void story_before_series(const struct vm_shape *shapes, unsigned int n)
{
	story_begin(shapes, n);
	kexec_keep_next();
	story_preserve();
	story_leave();
}
