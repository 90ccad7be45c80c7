// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that uses libiolu alone: built, saved, restored in one call, saved again through the same
 * handle, restored step by step, closed. One NIC receives throughout. Interrupts of the gap arrive,
 * and no others.
 *
 * promise: library
 * red when: an eventfd whose vectors were masked is not signalled (an earlier library): "signalled
 *   once"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/nic.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

static struct iolu_vm *vm;

static void save(void)
{
	lib_must(vm, iolu_vm_preserve(vm), "the VM is preserved");
	lib_must(vm, iolu_vm_mask(vm), "its interrupts are masked");
	ok(!vm_interrupt_arrives(&story_vm(0)->device[0]), "no interrupt arrives then", "one does");
	lib_must(vm, iolu_vm_seal(vm), "and it is sealed");
	mark("preserve.end");
	lib_refuses(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, MIB, LIB_RW), EBUSY,
		    "iolu_vm_unsave", "nothing can be mapped then");
	tables_record();
	fig("records", kho_records());
}

static void before(void)
{
	lib_plan(state_create(), 1);
	vm = lib_build(0);
	lib_must(vm, iolu_vm_add_ioas(vm, "spare"), "an IOAS without HWPT is added");
	lib_must(vm, iolu_vm_map(vm, "spare", LIB_RAM, MIB, 0, MIB, LIB_RW), "and maps something");
	lib_watch(vm);
	lib_show(vm, 0);
	lib_receive(1);
	kexec_keep_next();
	save();
	lib_holds(vm, iolu_vm_unsave(vm), "a save can be called off");
	ok(vm_interrupt_came(&story_vm(0)->device[0]), "and the pending interrupt arrives", "it does not");
	ok(!kho_records(), "and leaves no trace", "%llu records", (unsigned long long)kho_records());
	save();
	story_leave();
}

static const struct device_place *kept_place(void)
{
	const void *data = NULL;
	size_t size = 0;

	lib_holds(vm, iolu_vm_blob(vm, "nic", &data, &size), "the VMM's own data is there");
	if (size != sizeof(struct device_place))
		bail_out("the blob has %zu bytes", size);
	return data;
}

static void check_interrupt(struct dma_device *nic)
{
	int idle = iolu_vm_vector_fd(vm, nic->place->bdf, IOLU_IRQ_MSIX, 1);
	uint64_t n = 0;

	ok(read(idle, &n, sizeof(n)) < 0, "no interrupt that the NIC never raised is made up",
	   "%llu times", (unsigned long long)n);
	ok(vm_interrupt_came(nic), "the interrupt of the gap arrives", "it does not");
	ok(vm_interrupt_arrives(nic), "an interrupt of the NIC arrives", "none");
}

/* The second kernel: all in one call. */
static void restore_at_once(void)
{
	lib_must(vm, iolu_vm_restore(vm), "one call restores the VM");
	mark("attach.end");
	lib_show(vm, 0);
	check_interrupt(&story_vm(0)->device[0]);
}

/* The third: the VM could run, with its interrupts, before anything is adopted. */
static void restore_in_steps(void)
{
	lib_must(vm, iolu_vm_retrieve(vm), "the VM is retrieved");
	lib_must(vm, iolu_vm_rearm(vm), "its interrupts are armed");
	lib_show(vm, 0);
	check_interrupt(&story_vm(0)->device[0]);
	lib_refuses(vm, iolu_vm_finish(vm), EBUSY, "\"table\" is not adopted",
		    "it cannot be finished yet");
	tables_compare("before adoption");
	lib_must(vm, iolu_vm_adopt(vm), "its tables are adopted");
	mark("attach.end");
}

static void finish(void)
{
	tables_compare("after adoption");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	tables_compare("after finish");
}

static int remove_all(enum iolu_kind kind)
{
	const char *name;
	int rc = 0;

	while (!rc && (name = iolu_vm_next(vm, kind, NULL)))
		rc = iolu_vm_remove(vm, kind, name);
	return rc;
}

static int open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void life(void)
{
	lib_holds(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, MIB, LIB_RW),
		  "more can be mapped");
	lib_holds(vm, iolu_vm_unmap(vm, "guest", VM_FREE_IOVA, MIB), "and unmapped");
	lib_holds(vm, iolu_vm_unmap(vm, "spare", 0, MIB),
		  "the mapping of the IOAS without HWPT is back, and can be unmapped");
	lib_refuses(vm, iolu_vm_remove(vm, IOLU_MEMFD, LIB_RAM), EBUSY, "is mapped in IOAS",
		    "mapped memory cannot be removed");
	nic_write(story_vm(0)->device[0].regs, NIC_RCTL, 0);
	vfio_unmap_bar0(story_vm(0)->device[0].regs);
	lib_holds(vm, remove_all(IOLU_DEVICE), "the device goes");
	lib_holds(vm, remove_all(IOLU_HWPT), "the HWPT goes");
	lib_holds(vm, remove_all(IOLU_IOAS), "the IOAS goes");
	lib_holds(vm, remove_all(IOLU_MEMFD), "the memory goes");
	iolu_vm_free(vm);
}

static void after(void)
{
	const char *bdf;
	int fds;
	bool last;

	story_arrive();
	fds = open_fds();
	last = state_get()->updates == 2;
	bdf = state_get()->vm[0].device[0].bdf;
	vm = lib_new(0);
	lib_watch(vm);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	if (last)
		restore_in_steps();
	else
		restore_at_once();
	ok(!strcmp(kept_place()->bdf, bdf), "and names the same NIC", "%s", kept_place()->bdf);
	finish();
	story_traffic("lu.post");
	if (!last) {
		save();
		story_leave();
	}
	story_judge();
	life();
	ok(open_fds() == fds, "no descriptor is left open", "%d, %d before", open_fds(), fds);
}

SCENARIO(.name = "library", .updates = 2, .timeout = 150, .before = before, .after = after);
