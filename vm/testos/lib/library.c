// SPDX-License-Identifier: GPL-2.0
/*
 * VMs that live on libiolu, for its scenarios: RAM, a ring, one NIC, one IOAS with one HWPT.
 *
 * testos' other helpers do the work that is not the library's: registers of the NIC, frames,
 * kexec, judging. They use struct vm, which is filled here with the library's descriptors; all
 * objects in the kernel are made by the library.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "device/nic.h"
#include "device/pci.h"
#include "iommu/guard.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#include "iolu_counted.h"

/* -- the calls that a VM needs -- */

static bool counting;

void lib_count(bool on)
{
	counting = on;
}

/* iolu_counted.h calls it before each call of the library. */
void lib_called(const char *name)
{
	char *calls, word[64];
	size_t n;

	/* A VMM under systemd has no state of the scenario */
	if (!counting)
		return;
	calls = state_get()->calls;
	n = strlen(calls);
	snprintf(word, sizeof(word), " %s ", name);
	if (!strstr(calls, word))
		snprintf(calls + (n ? n - 1 : 0), sizeof(state_get()->calls) - n, "%s", word);
}

unsigned int lib_calls(void)
{
	const char *at = state_get()->calls;
	unsigned int n = 0;

	while ((at = strstr(at, " iolu_"))) {
		at++;
		n++;
	}
	return n;
}

/* -- facts -- */

bool lib_holds(struct iolu_vm *vm, int rc, const char *fact)
{
	return ok(rc >= 0, fact, "%s (error %d)", rc < 0 ? iolu_vm_reason(vm) : "", -rc);
}

void lib_must(struct iolu_vm *vm, int rc, const char *fact)
{
	if (!lib_holds(vm, rc, fact))
		bail_out("%s", iolu_vm_reason(vm));
}

bool lib_refuses(struct iolu_vm *vm, int rc, int expected, const char *words, const char *fact)
{
	const char *reason = iolu_vm_reason(vm);

	return ok(rc == -expected && strstr(reason, words), fact, "returned %d: %s", rc, reason);
}

/* The library's steps as the marks of which the runner makes phases. */
static void on_step(void *last, const char *step, const char *object)
{
	static const struct {
		const char *step, *end, *begin;
	} marks[] = {
		{ "preserve memfd", NULL, "preserve.begin" },
		{ "retrieve session", NULL, "retrieve.begin" },
		{ "bind device", "retrieve.end", "bind.begin" },
		{ "arm interrupts", "bind.end", "rearm" },
		{ "rebuild IOAS", NULL, "adopt.begin" },
		{ "attach device", "adopt.end", "attach.begin" },
		{ "finish session", NULL, "finish.begin" },
	};
	char *before = last;
	size_t i;

	diag("%s %s", step, object);
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (strcmp(marks[i].step, step) || !strcmp(before, step))
			continue;
		if (marks[i].end)
			mark(marks[i].end);
		mark(marks[i].begin);
	}
	snprintf(before, 32, "%s", step);
}

void lib_watch(struct iolu_vm *vm)
{
	static char last[32];

	iolu_vm_set_progress(vm, on_step, last);
}

/* -- building -- */

static void plan(struct vm_data *data, unsigned int i)
{
	struct device_place *nic = &data->device[0];

	snprintf(data->session, sizeof(data->session), "vm%u", i);
	data->preserved = data->nspaces = data->ndevices = 1;
	data->nmems = 2;
	data->mem_size[VM_RAM] = VM_RAM_SIZE;
	data->mem_size[1] = RING_SIZE;
	if (!dma_device_find(i, nic->bdf))
		bail_out("there is no NIC number %u", i);
	snprintf(nic->model, sizeof(nic->model), "%s", dma_device_model(nic->bdf));
	nic->index = i;
	nic->mem = nic->msix = 1;
	nic->iova = SCENARIO_GUARD_BASE + i * VM_NIC_STRIDE;
}

void lib_plan(struct state *state, unsigned int n)
{
	unsigned int i;

	state->nvms = n;
	for (i = 0; i < n; i++)
		plan(&state->vm[i], i);
}

struct iolu_vm *lib_new(unsigned int i)
{
	struct iolu_vm *vm;

	if (iolu_vm_new(state_get()->vm[i].session, &vm))
		bail_out("no handle");
	return vm;
}

static void add_memory(struct iolu_vm *vm, const struct device_place *nic)
{
	int ram = vm_memfd(VM_RAM_SIZE, 0), ring = vm_memfd(RING_SIZE, 0);

	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RAM, ram), "a memfd is added and sealed");
	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RING, ring), "and another");
	close(ram);
	close(ring);
	lib_must(vm, iolu_vm_add_ioas(vm, "guest"), "an IOAS is added");
	lib_must(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_RAM_IOVA, VM_RAM_SIZE, LIB_RW),
		 "RAM is mapped");
	lib_must(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_RAM_RO_IOVA, MIB, IOLU_MAP_READ),
		 "some of it again, read-only");
	lib_must(vm, iolu_vm_map(vm, "guest", LIB_RING, 0, nic->iova, RING_SIZE, LIB_RW),
		 "the ring is mapped");
}

void lib_furnish(struct iolu_vm *vm, unsigned int i, int device)
{
	const struct device_place *nic = &state_get()->vm[i].device[0];

	add_memory(vm, nic);
	lib_must(vm, device < 0 ? iolu_vm_add_device(vm, nic->bdf) :
		 iolu_vm_add_device_fd(vm, nic->bdf, device), "the NIC is added");
	lib_must(vm, iolu_vm_add_hwpt(vm, "table", "guest", nic->bdf), "an HWPT is added");
	lib_must(vm, iolu_vm_attach(vm, nic->bdf, "table"), "the NIC is attached");
	lib_must(vm, iolu_vm_arm(vm, nic->bdf, IOLU_IRQ_MSIX, LIB_VECTORS),
		 "its interrupts are armed");
	lib_must(vm, iolu_vm_set_blob(vm, "nic", nic, sizeof(*nic)),
		 "the VMM keeps something of its own");
}

struct iolu_vm *lib_build(unsigned int i)
{
	struct iolu_vm *vm = lib_new(i);

	pci_bind_vfio(state_get()->vm[i].device[0].bdf);
	lib_furnish(vm, i, -1);
	return vm;
}

/* -- for testos' helpers -- */

void lib_expect(unsigned int i)
{
	struct vm *to = story_vm(i);

	memset(to, 0, sizeof(*to));
	to->data = &state_get()->vm[i];
	to->device[0].place = &to->data->device[0];
	to->device[0].ops = dma_device_ops(to->data->device[0].model);
}

void lib_show(struct iolu_vm *vm, unsigned int i)
{
	struct vm *to = story_vm(i);
	struct dma_device *nic = &to->device[0];

	lib_expect(i);
	to->iommufd = iolu_vm_iommufd(vm);
	to->mem_fd[VM_RAM] = iolu_vm_memfd(vm, LIB_RAM);
	to->mem_fd[1] = iolu_vm_memfd(vm, LIB_RING);
	to->mem[VM_RAM] = must_map(to->mem_fd[VM_RAM], VM_RAM_SIZE, 0, "RAM");
	to->mem[1] = must_map(to->mem_fd[1], RING_SIZE, 0, "ring");
	nic->dev = iolu_vm_device_fd(vm, nic->place->bdf);
	nic->event = iolu_vm_vector_fd(vm, nic->place->bdf, IOLU_IRQ_MSIX, 0);
	nic->memory = device_memory(to, 0);
	dma_device_map(nic);
}

static void start(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];

	vm_ram_fill(vm);
	nic->ops->prepare(nic->place, device_memory(vm, 0));
	vfio_enable_bus_master(nic->dev);
	nic->ops->start(nic);
	nic->ops->irq_enable(nic);
}

void lib_receive(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		start(story_vm(i));
	if (guard_possible())
		guard_fill();
	mark("rx_on");
	for (i = 0; i < n; i++)
		tx_start(i, story_rate(), cmdline_number("lu.len", 200));
	story_traffic("lu.pre");
	for (i = 0; i < n; i++) {
		struct dma_device *nic = &story_vm(i)->device[0];

		ok_nic(i, device_reaches(nic, story_rate()) && vm_interrupt_came(nic),
		       "frames and interrupts arrive in the previous kernel", "receive head at %u",
		       device_progress(nic));
	}
}
