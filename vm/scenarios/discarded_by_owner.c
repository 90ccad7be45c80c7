// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs, three updates. In each update the second VM's own VMM discards its session while it
 * holds all that it has retrieved: unbound, bound, or adopted and attached. The device stops at
 * once; when the VMM has closed its files the device can be used as any other. The first VM is not
 * disturbed.
 *
 * promise: 7
 * red when: a device discarded while it is open is stopped (`vfio_pci_lu_discard_open`): it stays
 *   bus master when bound, and when attached
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

enum { RETRIEVED = 1, BOUND, ATTACHED };

static void before(void)
{
	story_before_series(one_nic_each, 2);
}

static void restore_until(struct vm *vm, unsigned int last)
{
	int rc = vm_retrieve(vm, &state_get()->vm[1]);

	if (!rc && last >= BOUND)
		rc = vm_bind(vm);
	if (!rc && last >= ATTACHED)
		rc = vm_adopt(vm);
	if (!rc && last >= ATTACHED)
		rc = vm_attach(vm);
	ok_rc(rc, "the second VM is restored so far");
}

static void let_go(struct vm *vm)
{
	unsigned int i;

	close(vm->device[0].dev);
	close(vm->iommufd);
	close(vm->session);
	for (i = 0; i < vm->data->nmems; i++) {
		munmap(vm->mem[i], vm->data->mem_size[i]);
		close(vm->mem_fd[i]);
	}
}

static void discard_while_open(struct vm *vm)
{
	const char *bdf = vm->data->device[0].bdf;

	ok_rc(luo_discard(vm->session), "its VMM gives the session up");
	ok_nic(1, !pci_bus_master(bdf), "the device is stopped", "it is bus master");
	mark_nic(1, "quiet");
	let_go(vm);
	ok_errno(luo_try_retrieve(vm->data->session), ENOENT, "the session is gone");
	ok_nic(1, !pci_bus_master(bdf), "and still is when it was closed", "it is bus master");
}

static void after(void)
{
	struct state *state;
	struct vm *vm = story_vm(1);

	story_arrive();
	state = state_get();
	restore_until(vm, state->updates);
	discard_while_open(vm);
	story_take_over(story_vm(0));
	story_receive_again(1);
	if (state->updates < ATTACHED) {
		story_preserve();
		story_leave();
	}
	story_discard_from(1);
	story_end();
}

SCENARIO(.name = "discarded_by_owner", .nics = "igb,igb", .discarded = "1",
	 .cmdline = "lu.rate=300", .updates = ATTACHED, .timeout = 150,
	 .before = before, .after = after);
