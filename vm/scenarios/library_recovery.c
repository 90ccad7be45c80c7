// SPDX-License-Identifier: GPL-2.0
/*
 * Restores that fail. The first VM's VMM is killed before each step that the library takes, and
 * its successor continues from there. The second VM has lost a page of its memory: the library
 * reports the IOVA, and the session is discarded. The first VM is not disturbed.
 *
 * promise: library
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "lib/library.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define HOLE	(2 * MIB)	/* in the second VM's RAM */
#define DIFFERS	"HWPT \"table\": not adopted: restored page table and IOAS differ at IOVA 0x100200000 " \
		"of IOAS \"guest\""

static void before(void)
{
	struct iolu_vm *vm[2];
	int i;

	lib_plan(state_create(), 2);
	for (i = 0; i < 2; i++) {
		vm[i] = lib_build(i);
		lib_show(vm[i], i);
	}
	lib_receive(2);
	mark("preserve.begin");
	for (i = 0; i < 2; i++)
		lib_must(vm[i], iolu_vm_save(vm[i]), "the VM is saved");
	mark("preserve.end");
	tables_record();
	story_leave();
}

/* -- the first VM -- */

struct death {
	int steps;		/* to go */
	int words;		/* for the name of the last step */
};

static void die_at_step(void *arg, const char *step, const char *object)
{
	struct death *death = arg;

	if (--death->steps)
		return;
	dprintf(death->words, "%s %s", step, object);
	raise(SIGKILL);
}

/* Returns whether the VMM was killed; @words: before which step. */
static bool killed_at(int steps, char *words, size_t room)
{
	int pipes[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(pipes))
		bail_out("no pipe");
	pid = fork();
	if (!pid) {
		struct death death = { steps, pipes[1] };
		struct iolu_vm *vm = lib_new(0);

		iolu_vm_set_progress(vm, die_at_step, &death);
		iolu_vm_set_liveupdate_fd(vm, luo_device());
		_exit(iolu_vm_restore(vm) ? 1 : 0);
	}
	close(pipes[1]);
	n = read(pipes[0], words, room - 1);
	words[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status))
		ok(!status, "and the last VMM of these gets to the end", "status %d", status);
	return WIFSIGNALED(status);
}

static void die_often(void)
{
	char words[100];
	int step;

	for (step = 1; killed_at(step, words, sizeof(words)); step++)
		diag("VMM number %d is killed before: %s", step, words);
	ok(step == 12, "the VMM was killed before each of eleven steps", "%d", step - 1);
	tables_compare("after the crashes");
}

static void take_up_again(void)
{
	struct iolu_vm *vm = lib_new(0);

	iolu_vm_set_liveupdate_fd(vm, luo_device());
	lib_must(vm, iolu_vm_restore(vm), "the next VMM restores the VM");
	ok(iolu_vm_device_id(vm, state_get()->vm[0].device[0].bdf) > 0,
	   "the id of a device that the killed VMM bound is known", "%s", iolu_vm_reason(vm));
	lib_show(vm, 0);
	ok(vm_interrupt_arrives(&story_vm(0)->device[0]), "its interrupts arrive", "none");
	tables_compare("after adoption");
	mark("finish.begin");
	lib_must(vm, iolu_vm_finish(vm), "and finishes");
	mark("finish.end");
}

/* -- the second VM -- */

static void discard_vm(void)
{
	const char *bdf = state_get()->vm[1].device[0].bdf;
	struct iolu_vm *vm = lib_new(1), *again = lib_new(1);

	iolu_vm_set_liveupdate_fd(vm, luo_device());
	iolu_vm_set_liveupdate_fd(again, luo_device());
	lib_must(vm, iolu_vm_retrieve(vm), "the second VM is retrieved");
	ok(!memory_punch_hole(iolu_vm_memfd(vm, LIB_RAM), HOLE, PAGE), "a page is taken away", "%m");
	lib_refuses(vm, iolu_vm_adopt(vm), EBADE, DIFFERS, "adoption is refused and says where");
	lib_refuses(vm, iolu_vm_finish(vm), EBUSY, "not adopted", "it cannot be finished");
	lib_holds(vm, iolu_vm_discard(vm), "but discarded");
	mark("nic1.quiet");
	ok(!pci_bus_master(bdf), "its device is stopped", "it is bus master");
	ok(!iolu_vm_next(vm, IOLU_DEVICE, NULL), "the handle has nothing any more", "it has");
	lib_refuses(again, iolu_vm_restore(again), ENOENT, "no incoming session \"vm1\"",
		    "the session is gone");
	iolu_vm_free(vm);
	iolu_vm_free(again);
}

static void after(void)
{
	story_arrive();
	lib_expect(0);
	lib_expect(1);
	story_vm(1)->data->discarded = 1;
	die_often();
	discard_vm();
	take_up_again();
	story_traffic("lu.post");
	story_judge();
}

SCENARIO(.name = "library_recovery", .nics = "igb,igb", .discarded = "1",
	 .cmdline = "lu.rate=300", .timeout = 150, .before = before, .after = after);
