// SPDX-License-Identifier: GPL-2.0
/*
 * An update as an operator makes it, with iolu alone, under traffic: check, load and kexec in the
 * previous kernel; in the next kernel status, a kexec that is refused because a session waits,
 * discard of the session of a VM that does not come back, report, metrics.
 *
 * promise: command
 * red when: the note with the names of the sessions reaches the next kernel (`/dev/liveupdate`
 *   left open by the scenario): no names of sessions, no kexec in the report
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/command.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define NOTE	"/run/iolu/last-update"

/* Only one process can have it open, so one that only looks must not open it. */
#define DEVICE	"/dev/liveupdate"

static bool was_opened(int watch)
{
	char event[4096];

	return read(watch, event, sizeof(event)) > 0 || errno != EAGAIN;
}

static void leaves_device_alone(void)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (watch < 0 || inotify_add_watch(watch, DEVICE, IN_OPEN) < 0)
		bail_out("watch " DEVICE ": %s", strerror(errno));
	iolu("status", NULL);
	ok(!was_opened(watch), "a second status does not open " DEVICE, "it does");
	iolu("metrics", NULL);
	iolu("check", NULL);
	iolu("kexec", "--dry-run", NULL);
	ok(!was_opened(watch), "nor do metrics, check and kexec --dry-run", "one does");
	iolu("discard", "vm9", NULL);
	ok(was_opened(watch), "discard does", "the watch sees nothing");
	close(watch);
}

static void load(void)
{
	char line[2048];

	kexec_next_cmdline(line, sizeof(line), story_stage());
	iolu_tells(iolu("check", "--kernel", NEXT_KERNEL, "--cmdline", line, NULL), 0,
		   "verdict: yes", "check says yes to kernels, command line and both NICs");
	iolu_tells(iolu("load", NEXT_KERNEL, "--initrd", NEXT_INITRD, "--cmdline", line,
			"--dry-run", NULL), 0, "verdict: yes", "load would load");
	iolu_tells(iolu("kexec", "--dry-run", NULL), 1, "no kernel is loaded",
		   "but has not loaded");
	/* Facts after this one are not counted in the line that the next kernel is given. */
	mark("load.begin");
	kexec_next_cmdline(line, sizeof(line), story_stage());
	snprintf(line + strlen(line), sizeof(line) - strlen(line), " lu.loaded=%llu", __rdtsc());
	iolu("load", NEXT_KERNEL, "--initrd", NEXT_INITRD, "--cmdline", line, NULL);
	mark("load.end");
}

/* As story_leave() does it, but that iolu loads and jumps */
static void leave(void)
{
	struct vm *vm;
	struct dma_device *nic;

	state_get()->updates++;
	state_preserve();
	load();
	for_each_vm(vm)
		for_each_device(vm, nic)
			nic->place->head = device_progress(nic);
	luo_let_go();			/* iolu leaves a note in a session of its own */
	mark("reboot");
	iolu("kexec", NULL);
	bail_out("iolu kexec came back: %s", iolu_said());
}

static void before(void)
{
	story_begin(one_nic_each, 2);
	luo_let_go();
	iolu_tells(iolu("status", NULL), 0, "devices: none", "status: nothing is preserved");
	leaves_device_alone();
	story_preserve();
	iolu_tells(iolu("status", NULL), 0, ".0  outgoing", "status: the NICs are");
	ok(strstr(iolu_said(), "0xd0d000  preserved") && strstr(iolu_said(), "vm0 ") &&
	   strstr(iolu_said(), "outgoing"), "with their sessions and tokens", "they are not");
	iolu_tells(iolu("metrics", NULL), 0, "\niolu_preserved_devices 2\n", "and in metrics");
	iolu_tells(iolu("kexec", "--dry-run", "--expect", "vm0,vm9", NULL), 1,
		   "session vm9 is not outgoing", "kexec misses a session that is expected");
	iolu("kexec", "--dry-run", "--expect", "vm0,vm1", NULL);
	ok(!strstr(iolu_said(), "expect"), "and none of those that are there", "it does");
	leave();
}

static void arrived(void)
{
	const char *bdf = state_get()->vm[0].device[0].bdf, *names;

	iolu_tells(iolu("status", NULL), 0, ".0  incoming",
		   "status: the NICs came in and run");
	names = strstr(iolu_said(), "sessions: none\nprevious sessions:\n");
	ok(names && strstr(names, "\n  vm0 ") && strstr(names, "\n  vm1 "),
	   "and how the sessions are called that came in, and are open nowhere", "it does not");
	iolu_tells(iolu("metrics", NULL), 0, "\niolu_incoming_devices 2\n", "metrics say so");
	iolu_tells(iolu("check", "--device", bdf, NULL), 1, "previous live update is not finished",
		   "check says no to an unfinished device");
	iolu_tells(iolu("kexec", "--dry-run", NULL), 1, "2 devices of the last update",
		   "kexec is refused while sessions wait");
}

static void give_up_vm1(void)
{
	struct vm_data *data = &state_get()->vm[1];

	iolu_tells(iolu("discard", "vm9", NULL), 1, "no incoming session has the name vm9",
		   "a session that never was cannot be discarded");
	iolu_tells(iolu("discard", "vm1", "--json", NULL), 0, "{\n  \"discarded\": \"vm1\"\n}\n",
		   "one that waits can, and JSON says no more than that");
	ok_nic(1, !pci_bus_master(data->device[0].bdf), "its device is stopped",
	       "it is bus master");
	mark_nic(1, "quiet");
	iolu_tells(iolu("discard", "vm1", NULL), 1, "no incoming session has the name vm1", "it is gone");
	data->discarded = true;
}

/* The story's later chapters see a VM that has nothing. */
static void forget_vm1(void)
{
	struct vm *vm = story_vm(1);

	vm->data = &state_get()->vm[1];
	vm->iommufd = -1;
	vm->device[0].place = &vm->data->device[0];
}

/* Microseconds of this kernel's life, and processor's counts in one of them */
static double life_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double counts_per_us(void)
{
	unsigned long long from = __rdtsc();
	double since = life_us();

	sleep_ms(200);
	return (__rdtsc() - from) / (life_us() - since);
}

/*
 * The processor's counter is the witness: the kexec came after iolu had begun to check and load
 * the image, which on a slow kernel takes as long as the kexec, but never nine times as long.
 */
static void check_jump(void)
{
	double rate = counts_per_us(), longest, told = 0;
	const char *row = strstr(iolu_said(), "freeze and kexec");

	longest = (__rdtsc() - cmdline_number("lu.loaded", 0)) / rate - life_us();
	if (!row || sscanf(row, "freeze and kexec %*d %*d %lf", &told) != 1)
		told = 0;
	ok(told > longest / 10 && told > 1e5 && told < longest,
	   "it says how long the kexec took", "%.0f us, and %.0f since the image was loaded",
	   told, longest);
}

/* A note whose counter is ahead of this kernel's cannot be of the same counter. */
static void check_other_counter(void)
{
	char text[8192] = "", *at;

	file_read(NOTE, text, sizeof(text));
	at = strstr(text, "\"tsc\": ");
	for (at = at ? at + 7 : text; *at >= '0' && *at <= '9'; at++)
		*at = '9';
	must_write(NOTE, text);
	iolu_tells(iolu("report", NULL), 0, "of both kernels cannot be compared",
		   "a time that is still to come is not believed");
}

/* The VM's next session */
static void saves_again(void)
{
	int session = luo_create("vm0");
	const char *line, *no;

	luo_let_go();
	iolu("status", NULL);
	line = strstr(iolu_said(), "previous sessions:");
	line = line ? strstr(line, "\n  vm0 ") : NULL;
	no = line ? strstr(line, "false") : NULL;
	ok(no && no < strchr(line + 1, '\n'), "a session of the same name for the next update is another one",
	   "the previous one is said to be open");
	close(session);
}

static void report(void)
{
	iolu_tells(iolu("report", "--svg", "/tmp/report.svg", NULL), 0, "adopt table",
		   "report has the phases");
	ok(strstr(iolu_said(), "preserve device") && strstr(iolu_said(), "boot to userspace"),
	   "those of the previous kernel and of the boot, too", "it has not");
	ok(strstr(iolu_said(), "retrieve device "), "and that of the retrieve", "it has not");
	check_jump();
	ok(!access("/tmp/report.svg", R_OK), "and a picture", "there is none");
	check_other_counter();
}

static void after(void)
{
	story_arrive();
	luo_let_go();
	arrived();
	give_up_vm1();
	forget_vm1();
	story_take_over(story_vm(0));
	luo_let_go();
	iolu_tells(iolu("status", NULL), 0, "0xd0d000  marked", "status: the token is there");
	leaves_device_alone();
	saves_again();
	report();
	iolu_tells(iolu("kexec", "--dry-run", NULL), 1, "nothing of the last update waits",
		   "nothing of this update is in the way of the next");
	story_traffic("lu.post");
	story_judge();
	story_life();
}

SCENARIO(.name = "command", .nics = "igb,igb", .discarded = "1", .command = true,
	 .cmdline = "lu.rate=300 trace_event=iommu_liveupdate", .timeout = 120,
	 .before = before, .after = after);
