// SPDX-License-Identifier: GPL-2.0
/*
 * A VM of an unmodified QEMU as a unit of systemd, examples/systemd/qemu@.service, that runs
 * without privilege: its sessions come from vmm-session.socket, systemd's store carries the
 * session over `iolu kexec`. A save is called off first. In the next kernel, where the unit's user
 * may open no device, iolu-cpr is killed, then QEMU, and systemd starts the restore again. The guest
 * uses INTx (pci=nomsi); its memory is huge pages, its firmware comes by -bios, it has a display:
 * the device reaches memory of these too.
 *
 * promise: systemd, vm
 * red when: a session is taken out of the store when its save is called off (`drop_session` in
 *   `cpr/save.c`): the store has 1, the device stays preserved, `iolu kexec --dry-run` says yes
 * red when: the eventfd of INTx is signalled once (`arm_intx` in `cpr/irq.c`): the interrupt that
 *   QEMU was handling is never ended, 2,731 of 3,249 frames not found
 * red when: interrupts are not signalled when a save is called off (`cpr_signal` in `cpr/save.c`),
 *   and QEMU is executed 0.8 s later: the guest counts no further
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kapi/luo.h"
#include "lib/qemu.h"
#include "lib/vmm.h"
#include "os/command.h"
#include "os/image.h"
#include "os/operator.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define UNIT	"qemu@vm0.service"
#define USER	100		/* vmm, in the root of scripts/systemd-root.sh */
#define FEW	30		/* frames */
#define RUNS	"the VM runs, after"

/* With it QEMU waits for a client before it loads its state, which shall take forever. */
#define WAITS	"socket,id=waits,path=" QEMU_DIR "/waits,server=on,wait=on"

#define OPTIONS								\
	{ QEMU_APPEND, QEMU_APPEND " pci=nomsi" },			\
	{ QEMU_MEMORY, QEMU_MEMORY ",hugetlb=on,hugetlbsize=2M" },	\
	{ "-drive", "-bios" }, { QEMU_PFLASH, QEMU_FIRMWARE },		\
	{ NULL, "-device" }, { NULL, "secondary-vga,romfile=" }

static const struct qemu_option usual[] = { OPTIONS, {} };
static const struct qemu_option waits[] = {
	OPTIONS, { NULL, "-chardev" }, { NULL, WAITS }, {},
};

/* -- the unit -- */

static void must_systemctl(const char *verb, const char *option, const char *fact)
{
	if (!ok(!systemctl(verb, UNIT, option, NULL), fact, "%s", iolu_said()))
		bail_out("systemctl %s " UNIT, verb);
}

static const char *property(const char *name)
{
	systemctl("show", "-P", name, UNIT, NULL);
	return iolu_said();
}

static void await(const char *name, const char *value, const char *fact)
{
	int tries = 300;

	while (!strstr(property(name), value) && --tries)
		sleep_ms(100);
	if (!ok(tries, fact, "%s is \"%s\"", name, iolu_said()))
		bail_out("no VM, no update");
}

/* QEMU's command line, as the unit reads it */
static void write_environment(const char *bdf, const struct qemu_option *options)
{
	const char *const *word;
	FILE *f;

	mkdir("/etc/qemu", 0755);
	f = fopen("/etc/qemu/vm0", "w");
	if (!f)
		bail_out("no file for the unit");
	qemu_change(options);
	fputs("QEMU=\"", f);
	for (word = qemu_command(bdf, NULL); *word; word++)
		fprintf(f, strchr(*word, ' ') ? "'%s' " : "%s ", *word);
	fputs("\"\n", f);
	fclose(f);
}

static void kill_main(const char *signal)
{
	systemctl("kill", "--kill-whom=main", signal, UNIT, NULL);
}

/* As rules of udev would do it */
static void give(const char *path)
{
	if (chown(path, USER, USER))
		bail_out("%s cannot be given away", path);
}

static void judge_privilege(void)
{
	char path[64], status[4096];
	const char *uid, *caps;

	vmm_use(atoi(property("MainPID")));
	snprintf(path, sizeof(path), "/proc/%d/status", atoi(iolu_said()));
	file_read(path, status, sizeof(status));
	uid = strstr(status, "Uid:\t");
	caps = strstr(status, "CapPrm:\t");
	ok(uid && atoi(uid + 5) == USER, "QEMU is not root", "%.20s", uid ? uid : "nothing");
	ok(caps && !strtoull(caps + 8, NULL, 16), "and has no capability", "%.30s",
	   caps ? caps : "nothing");
}

/* -- the VM -- */

static void counts_on(const char *fact)
{
	uint64_t number = qemu_received();

	ok(qemu_reaches(number + FEW), fact, "it stands at %llu frames",
	   (unsigned long long)number);
}

static void start(const char *bdf)
{
	write_environment(bdf, usual);
	give("/dev/kvm");
	give("/dev/iommu");
	give("/dev/vfio/devices/vfio0");
	must_systemctl("start", NULL, "systemd starts QEMU");
	judge_privilege();
	qemu_await();
	qemu_look_inside();
	if (!ok(qemu_is_ready(), "and the driver in its guest receives", "it does not say so"))
		bail_out("no VM, no update");
	mark("rx_on");
	tx_start(0, story_rate(), cmdline_number("lu.len", 200));
	counts_on("the guest counts");
}

static void save(const char *bdf)
{
	qemu_exec(qemu_behind(bdf, (const char *[]){ "/usr/bin/iolu-cpr", "save", "vm0",
						     QEMU_STATE, NULL }));
	await("StatusText", "saved", "the VM is saved");
}

static void call_off(const char *bdf)
{
	save(bdf);
	iolu_tells(iolu("status", NULL), 0, "outgoing", "its device is preserved");
	kill_main("--signal=USR2");
	await("StatusText", RUNS, "that is called off by a signal");
	counts_on("and the guest counts on");
	ok(!atoi(property("NFileDescriptorStore")), "systemd's store is empty", "it has %s",
	   iolu_said());
}

static void before(void)
{
	char bdf[BDF_LEN];

	image_unpack();
	operator_find(bdf);
	start(bdf);
	call_off(bdf);
	operator_load();
	operator_refuses("1 in use, 0 preserved", "iolu kexec refuses while QEMU has not saved");
	mark("preserve.begin");
	save(bdf);
	mark("preserve.end");
	iolu_tells(iolu("kexec", "--dry-run", NULL), 0, "1 in use, 1 preserved",
		   "iolu kexec would make the update");
	operator_jump();
}

/* No step of it is the last one: QEMU waits before it loads its state. */
static void kill_twice(const char *bdf)
{
	write_environment(bdf, waits);
	must_systemctl("start", NULL, "systemd starts the restore");
	kill_main("--signal=KILL");
	await("NRestarts", "1", "killed, it is started again");
	await("StatusText", "restored", "and restores the VM");
	write_environment(bdf, usual);
	kill_main("--signal=KILL");
	await("NRestarts", "2", "QEMU is killed before the VM runs, and started again");
}

static void after(void)
{
	char bdf[BDF_LEN];

	image_unpack();
	operator_find(bdf);
	give("/dev/kvm");
	kill_twice(bdf);
	await("StatusText", RUNS, "the VM runs");
	mark("finish.end");
	judge_privilege();
	qemu_look_inside();
	counts_on("the guest counts on");
	operator_refuses("nothing of the last update waits",
			 "nothing is in the way of the next update");
	tx_stop(0);
	qemu_await_silence();
	mark("scan");
	qemu_judge();
	must_systemctl("stop", NULL, "QEMU can be stopped as on any day");
}

SCENARIO(.name = "qemu_systemd", .systemd = true, .command = true, .image = true, .smp = 1,
	 .mem = 1536, .timeout = 180, .guest_sends = true,
	 .cmdline = QEMU_CMDLINE OPERATOR_CMDLINE " lu.rate=60 hugepages=64",
	 .before = before, .after = after);
