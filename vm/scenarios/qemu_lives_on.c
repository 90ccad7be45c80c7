// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU as Debian packages it, unmodified, survives two updates with its Linux guest, which drives
 * the NIC with its own driver: iolu-cpr is its cpr-exec-command. The first save is called off.
 *
 * The frames are judged by the guest's own count, read from its memory.
 *
 * promise: vm
 * red when: interrupts are armed before QEMU is executed (`arm_all` in `cpr/restore.c`): the guest
 *   looks at its ring only when its driver's watchdog wakes up, 1,647 of 3,594 frames not found
 */
#include <signal.h>

#include "device/pci.h"
#include "iommu/guard.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "lib/library.h"
#include "lib/qemu.h"
#include "lib/vmm.h"
#include "os/image.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define FEW	30	/* frames */
#define LOOKS	4u
#define LOOK_MS	1000

static const char *bdf(void)
{
	return state_get()->vm[0].device[0].bdf;
}

/* iolu-cpr with QEMU's own command line behind its arguments */
static const char *const *behind(const char *const *first)
{
	static const char *args[80];
	const char *const *qemu = qemu_command(bdf(), NULL);
	size_t n = 0;

	for (; *first; first++)
		args[n++] = *first;
	for (; *qemu; qemu++)
		args[n++] = *qemu;
	args[n] = NULL;
	return args;
}

static const char *const *save_command(void)
{
	return behind((const char *[]){ "/bin/iolu-cpr", "save", "vm0", QEMU_STATE, NULL });
}

static const char *const *restore_command(void)
{
	return behind((const char *[]){ "/bin/iolu-cpr", "restore", "vm0", NULL });
}

static void must_say(const char *words, const char *fact)
{
	if (!ok(vmm_says(words), fact, "it does not say \"%s\"", words))
		bail_out("no VM, no update");
}

static void counts_on(const char *fact)
{
	uint64_t number = qemu_received();

	ok(qemu_reaches(number + FEW), fact, "it stands at %llu frames",
	   (unsigned long long)number);
}

static void call_off(void)
{
	qemu_exec(save_command());
	must_say("iolu-cpr: saved", "QEMU has replaced itself by iolu-cpr, and the VM is saved");
	vmm_signal(SIGUSR2);
	must_say("iolu-cpr: called off", "that is called off");
	sleep_ms(500);
	counts_on("the guest counts on");
}

static void save_and_leave(void)
{
	luo_let_go();
	mark("preserve.begin");
	qemu_exec(save_command());
	must_say("iolu-cpr: saved", "the VM is saved for a kexec");
	mark("preserve.end");
	state_get()->vm[0].device[0].head = qemu_received();
	lib_expect(0);
	story_vm(0)->iommufd = vmm_copy_fd("iommu");
	tables_record();
	story_leave();
}

static void before(void)
{
	image_unpack();
	lib_plan(state_create(), 1);
	kexec_keep_next();
	pci_bind_vfio(bdf());
	qemu_start(bdf());
	mark("rx_on");
	tx_start(0, story_rate(), cmdline_number("lu.len", 200));
	counts_on("the guest receives");
	luo_let_go();
	call_off();
	save_and_leave();
}

/* Without interrupts the driver's watchdog would find the frames, every two seconds. */
static void receives_all_the_time(void)
{
	unsigned int look, stood = 0;
	uint64_t before;

	for (look = 0; look < LOOKS; look++) {
		before = qemu_received();
		sleep_ms(LOOK_MS);
		stood += qemu_received() == before;
	}
	ok(!stood, "interrupts wake the guest for its frames", "in %u of %u looks it had none",
	   stood, LOOKS);
}

static void go_on(void)
{
	uint64_t had = state_get()->vm[0].device[0].head;

	image_unpack();
	luo_let_go();
	vmm_run(restore_command(), false);
	must_say("iolu-cpr: restored", "iolu-cpr takes the VM up again");
	mark("finish.end");
	qemu_look_inside();
	ok(qemu_reaches(had + FEW), "the guest has found the frames of the gap",
	   "it stands at %llu frames", (unsigned long long)qemu_received());
	tables_compare("after finish");
	receives_all_the_time();
}

static void after(void)
{
	story_arrive();
	go_on();
	if (state_get()->updates == 1)
		save_and_leave();
	tx_stop(0);
	qemu_await_silence();
	mark("scan");
	qemu_judge();
	ok(!vmm_end(), "QEMU ends on SIGTERM", "not as it should");
}

SCENARIO(.name = "qemu_lives_on", .image = true, .smp = 1, .updates = 2, .timeout = 200,
	 .cmdline = QEMU_CMDLINE "lu.rate=100", .before = before, .after = after);
