// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU as Debian packages it, unmodified, survives two updates with its Linux guest, which drives
 * the NIC with its own driver: iolu-cpr is its cpr-exec-command. Before the first update the save
 * is called off, and iolu-cpr is killed at several steps of it; after the first update iolu-cpr and
 * QEMU are killed at each step until the VM runs, the last of them by QMP's cont. At the second update the guest is silent: no
 * frame arrives until it runs again. It is restored with the command line that was saved.
 *
 * The frames are judged by the guest's own count, read from its memory. It answers each with a
 * frame of its own, which the runner counts.
 *
 * promise: vm, 7
 * red when: interrupts are armed before QEMU is executed (`arm_all` in `cpr/restore.c`): the guest
 *   looks at its ring only when its driver's watchdog wakes up, 1,647 of 3,594 frames not found
 * red when: a restore finds the id of a device that a dead process has bound (`bound_id` in
 *   `lib/device.c`): the restore after a killed one says that the device is not restored
 * red when: a stored session that is finished is not dropped (`is_finished` in `cpr/restore.c`): QEMU
 *   is not started
 * red when: the saved environment is not used (`choose_command` in `cpr/restore.c`): QEMU has that of
 *   its caller
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/liveupdate.h>
#include <linux/vfio.h>

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
#define VARIABLE "SAVED_WITH", "the VM"
#define LOOKS	4u
#define LOOK	20u	/* naps */

static const char *bdf(void)
{
	return state_get()->vm[0].device[0].bdf;
}

static void bars_are_mapped(const char *fact)
{
	int iommufd = vmm_copy_fd("iommu");
	uint32_t ioas = 0;

	while (ioas < QEMU_IOASES && !qemu_maps_bars(iommufd, ioas))
		ioas++;
	ok(ioas < QEMU_IOASES, fact, "no IOAS of %u", QEMU_IOASES);
	close(iommufd);
}

static const char *const *save_command(void)
{
	return qemu_behind(bdf(), (const char *[]){ "/bin/iolu-cpr", "save", "vm0", QEMU_STATE,
						    NULL });
}

static const char *const *restore_command(void)
{
	return qemu_behind(bdf(), (const char *[]){ "/bin/iolu-cpr", "restore", "vm0", NULL });
}

static void counts_on(const char *fact)
{
	uint64_t number = qemu_received();

	ok(qemu_reaches(number + FEW), fact, "it stands at %llu frames",
	   (unsigned long long)number);
}

static void save(void)
{
	luo_let_go();
	qemu_exec(save_command());
	vmm_must_say("iolu-cpr: saved", "QEMU has replaced itself by iolu-cpr, and the VM is saved");
}

/* Not for an update: QEMU is executed again, in the same kernel. */
static void runs_on(const char *words, const char *fact)
{
	vmm_must_say(words, fact);
	vmm_must_say("iolu-cpr: the VM runs, after", "QEMU continues");
	counts_on("the guest counts on");
}

static void call_off(void)
{
	save();
	vmm_signal(SIGUSR2);
	runs_on("iolu-cpr: called off", "that is called off by a signal");
	save();
	ok_rc(luo_unpreserve("vm0"), "the operator unpreserves the session by its name");
	runs_on("iolu-cpr: session \"vm0\" is unpreserved", "which calls the save off");
}

/* @request: killed when it is about to do that; 0: when it waits for the kexec */
static void kill_save(unsigned long request, const char *fact)
{
	luo_let_go();
	vmm_hold_next();
	qemu_exec(save_command());
	vmm_await_next();
	vmm_hold_child();
	if (request) {
		ok(vmm_go_to(request), fact, "it does not come to that");
	} else {
		vmm_go_on();
		vmm_must_say("iolu-cpr: saved", fact);
	}
	vmm_kill();
	runs_on("iolu-cpr: not saved", "killed there it loses nothing");
}

static void save_and_leave(void)
{
	mark("preserve.begin");
	save();
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
	call_off();
	kill_save(LIVEUPDATE_IOCTL_CREATE_SESSION, "iolu-cpr is about to create the session");
	kill_save(LIVEUPDATE_SESSION_PRESERVE_FD, "iolu-cpr is about to preserve the first file");
	kill_save(0, "iolu-cpr waits for the kexec");
	save_and_leave();
}

/* Without interrupts the driver's watchdog would find the frames, every two seconds. */
static void receives_all_the_time(void)
{
	unsigned int look, stood = 0;
	uint64_t before;

	for (look = 0; look < LOOKS; look++) {
		before = qemu_received();
		nap(LOOK);
		stood += qemu_received() == before;
	}
	ok(!stood, "interrupts wake the guest for its frames", "in %u of %u looks it had none",
	   stood, LOOKS);
}

/* Each step of the restore up to QEMU */
static void kill_restore(void)
{
	static const struct {
		unsigned long request;
		const char *fact;
	} steps[] = {
		{ LIVEUPDATE_IOCTL_RETRIEVE_SESSION, "killed before the session is retrieved" },
		{ LIVEUPDATE_SESSION_RETRIEVE_FD, "killed before the journal is retrieved" },
		{ VFIO_DEVICE_BIND_IOMMUFD, "killed before the device is bound" },
		{ VFIO_DEVICE_SET_IRQS, "killed before interrupts are armed" },
		{ IOMMU_IOAS_MAP_FILE, "killed before the IOAS is mapped" },
		{ IOMMU_HWPT_LIVEUPDATE_ADOPT, "killed before the page table is adopted" },
		{ VFIO_DEVICE_ATTACH_IOMMUFD_PT, "killed before the device is attached" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		vmm_run(restore_command(), true);
		ok(vmm_go_to(steps[i].request), steps[i].fact, "it does not come to that");
		vmm_kill();
	}
}

/* The process beside QEMU, which is all that stands between the VM and a VM that runs */
static void hold_before_finish(const char *const *command, const char *fact)
{
	vmm_run(command, true);
	vmm_hold_child();
	vmm_hold_child();
	ok(vmm_go_to(LIVEUPDATE_SESSION_FINISH), fact, "it does not come to that");
}

static void kill_before_finish(void)
{
	hold_before_finish(restore_command(), "killed before the session is finished");
	vmm_kill();
	ok(!vmm_end(SIGTERM), "QEMU waits, and ends on SIGTERM", "not as it should");
}

static void kill_after_finish(void)
{
	hold_before_finish(restore_command(), "the session is to be finished");
	vmm_step_over();
	vmm_kill();
	vmm_must_say("iolu-cpr: restored", "iolu-cpr takes the VM up again");
	qemu_continue();
}

/* Its command line has one option more, which does not matter. */
static void kill_qemu(void)
{
	static const struct qemu_option options[] = { { NULL, "-name" }, { NULL, "renamed" }, {} };

	qemu_change(options);
	vmm_run(restore_command(), true);
	qemu_change(NULL);
	vmm_hold_child();
	vmm_hold_child();
	sleep_ms(1000);
	vmm_signal(SIGKILL);
	vmm_go_on();
	vmm_must_say("the command line has \"-name renamed\" in place of nothing, which was saved",
		     "iolu-cpr says how the command line differs from the saved one");
	vmm_must_say("the restore can be repeated",
		     "QEMU is killed before its vCPUs run: nothing is lost");
	vmm_end(SIGKILL);
}

/* The environment is saved with the VM at the next update. */
static void restore_with_command(void)
{
	kill_restore();
	kill_before_finish();
	kill_qemu();
	setenv(VARIABLE, 1);
	kill_after_finish();
}

static int session;

static void restore_as_saved(void)
{
	mkdir(QEMU_DIR, 0755);
	hold_before_finish((const char *[]){ "/bin/iolu-cpr", "restore", "vm0", NULL },
			   "restored with the saved command line");
	session = vmm_copy_held_fd("luo_session");
	vmm_go_on();
	vmm_must_say("iolu-cpr: restored", "iolu-cpr takes the VM up again");
	vmm_must_say("iolu-cpr: the VM runs, after", "QEMU has loaded it, the session is finished");
	ok(vmm_has_variable(VARIABLE), "QEMU has the environment that was saved", "it has not");
}

static void go_on(void)
{
	image_unpack();
	luo_let_go();
	if (state_get()->updates == 1)
		restore_with_command();
	else
		restore_as_saved();
	mark("finish.end");
	qemu_look_inside();
	tables_compare("after finish");
	bars_are_mapped("and so are the BARs that QEMU maps for other devices");
}

/* In systemd's store, if the process beside QEMU is killed before it takes the session out */
static void start_with_finished_session(void)
{
	vmm_pass(session);
	vmm_run((const char *[]){ "/bin/iolu-cpr", "restore", "vm0",
				  "/usr/bin/qemu-system-x86_64", "--version", NULL }, false);
	vmm_must_say("session \"vm0\" is finished: its VM has run since",
		     "a stored session that is finished is known");
	vmm_must_say("QEMU emulator version", "and QEMU is started as it is");
	vmm_end(SIGKILL);
}

static void send(void)
{
	tx_start(0, story_rate(), cmdline_number("lu.len", 200));
}

static void after(void)
{
	uint64_t had;

	story_arrive();
	had = state_get()->vm[0].device[0].head;
	go_on();
	if (state_get()->updates == 1) {
		ok(qemu_reaches(had + FEW), "the guest has found the frames of the gap",
		   "it stands at %llu frames", (unsigned long long)qemu_received());
		receives_all_the_time();
		tx_stop(0);
		qemu_await_silence();
		save_and_leave();
	}
	send();
	counts_on("the guest that was silent receives");
	receives_all_the_time();
	tx_stop(0);
	qemu_await_silence();
	mark("scan");
	qemu_judge();
	ok(!vmm_end(SIGTERM), "QEMU ends on SIGTERM", "not as it should");
	start_with_finished_session();
}

SCENARIO(.name = "qemu_lives_on", .image = true, .smp = 1, .updates = 2, .timeout = 300,
	 .guest_sends = true, .cmdline = QEMU_CMDLINE "lu.rate=60", .before = before, .after = after);
