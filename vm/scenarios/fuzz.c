// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls on sessions, iommufds, vfio devices and sysfs by four threads, in the previous
 * kernel and in the next one, with kexecs that fail in freeze between them. A VM beside them
 * must lose no frame. In the end every session of the fuzzer can be ended, no record is left,
 * no thread is stuck, and the kernel has not warned.
 *
 * Half a minute by default; `make fuzz SECONDS=600 SEED=7` for longer, with the random numbers
 * of a run that failed.
 *
 * promise: 5, 6, 7
 * red when: DISCARD does not wait for a device that is being unbound (a kernel from before that):
 *   a thread is stuck in sysfs_unbind, time-out
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "fuzz/fuzz.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/failing.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"

#define SPLAT		"cut here"
#define SPLAT_LINES	40
#define TAINT_DIE	(1ul << 7)
#define TAINT_WARN	(1ul << 9)
#define ON_ROOT_BUS	6	/* devices that are there */
#define MOST_LAST	120	/* seconds in the next kernel */
#define ATTEMPT_MS	1500	/* between two kexecs that fail */

/* A VM whose HWPT has no device: no freeze succeeds while it is preserved. */
static struct minimal_vm breaker = { .name = "breaker", .size = FUZZ_SIZE };

static uint64_t seed(void)
{
	return cmdline_number("lu.seed", 1);
}

/* When the incoming sessions are ended the next kernel sees the same calls as the previous one. */
static unsigned int seconds(bool next)
{
	unsigned int all = cmdline_number("lu.seconds", 30);
	unsigned int last = all / 4 < MOST_LAST ? all / 4 : MOST_LAST;

	return next ? last : all - last;
}

static void start_breaker(void)
{
	pci_find_device(EXTRA_NVME, FUZZ_DEVICES, breaker.bdf);
	minimal_vm_build(&breaker);
	breaker.session = luo_create(breaker.name);
	if (luo_preserve_fd(breaker.session, breaker.memfd, TOKEN_MEM(0)) ||
	    luo_preserve_fd(breaker.session, breaker.iommufd, TOKEN_IOMMUFD))
		bail_out("preserve the breaker");
}

static void end_breaker(void)
{
	close(breaker.session);
	close(breaker.dev);
	close(breaker.iommufd);
	close(breaker.memfd);
}

/* The breaker's session is the last to be frozen; before that an allocation may fail. */
static bool refused_kexec(unsigned int nth)
{
	int rc;

	if (!failing_possible())
		return reboot(RB_KEXEC) < 0;
	failing_begin(nth);
	rc = reboot(RB_KEXEC);
	failing_end();
	return rc < 0;
}

/* Kexecs that fail in freeze, for that long */
static void fail_to_leave(unsigned int for_ms)
{
	unsigned int attempts = 0, refused = 0;

	kexec_strict(true);
	for (; for_ms > ATTEMPT_MS; for_ms -= ATTEMPT_MS) {
		sleep_ms(ATTEMPT_MS);
		attempts++;
		refused += refused_kexec(attempts);
	}
	kexec_strict(false);
	fig("fuzz.freezes", attempts);
	ok(attempts && refused == attempts, "each kexec fails in freeze", "%u of %u", refused,
	   attempts);
}

static void check_kernel(void)
{
	char text[32] = "";
	unsigned long taint;

	file_read("/proc/sys/kernel/tainted", text, sizeof(text));
	taint = strtoul(text, NULL, 10);
	if (!ok(*text && !(taint & (TAINT_DIE | TAINT_WARN)), "the kernel has not warned",
		"tainted %lu", taint))
		klog_say_from(SPLAT, SPLAT_LINES);
}

/* The unbinder keeps devices enabled; those on the root bus are so from the beginning. */
static void enable_devices(void)
{
	char bdf[BDF_LEN];
	unsigned int i;

	for (i = 0; i < ON_ROOT_BUS; i++) {
		pci_find_device(EXTRA_NVME, i, bdf);
		if (pci_set(bdf, "enable", "1"))
			bail_out("enable %s", bdf);
		pci_bind_vfio(bdf);
	}
}

static void restore_devices(void)
{
	char bdf[BDF_LEN];
	unsigned int i;

	for (i = 0; i < FUZZ_DEVICES; i++) {
		pci_find_device(EXTRA_NVME, i, bdf);
		pci_set(bdf, "power/control", "auto");
		pci_bind_vfio(bdf);
	}
}

/* -- the previous kernel -- */

/* The sessions for the fuzzer of the next kernel: VMs with a device, and some with memory alone. */
static void preserve_parties(void)
{
	struct minimal_vm party[FUZZ_PARTIES] = { 0 };
	unsigned int i;

	for (i = 0; i < FUZZ_PARTIES; i++) {
		snprintf(party[i].name, sizeof(party[i].name), "%s", fuzz_session(i));
		party[i].size = FUZZ_SIZE;
		if (i < FUZZ_DEVICES) {
			pci_find_device(EXTRA_NVME, i, party[i].bdf);
			minimal_vm_build(&party[i]);
			minimal_vm_preserve(&party[i]);
			continue;
		}
		party[i].memfd = vm_memfd(FUZZ_SIZE, SEALS_FIXED);
		party[i].session = luo_create(party[i].name);
		if (luo_preserve_fd(party[i].session, party[i].memfd, TOKEN_MEM(0)))
			bail_out("preserve memory for the fuzzer");
	}
}

static void before(void)
{
	uint64_t records;

	story_begin(one_nic_each, 1);
	diag("seed %llu", (unsigned long long)seed());
	enable_devices();
	kexec_keep_next();
	kexec_load_next(story_stage());
	story_preserve();
	start_breaker();
	records = kho_records();
	fuzz_start(seed(), seconds(false), false);
	fail_to_leave(seconds(false) * 1000);
	fuzz_end();
	ok(kho_records() == records, "no record of the fuzzer is left", "%llu instead of %llu",
	   (unsigned long long)kho_records(), (unsigned long long)records);
	end_breaker();
	check_kernel();
	restore_devices();
	preserve_parties();
	story_leave();
}

/* -- the next kernel -- */

static void end_sessions(void)
{
	unsigned int i, left = 0;

	for (i = 0; i < FUZZ_PARTIES; i++) {
		int session = luo_try_retrieve(fuzz_session(i));

		if (session < 0)
			continue;
		ok_rc(luo_discard(session), "a session that the fuzzer left can be discarded");
		close(session);
	}
	for (i = 0; i < FUZZ_PARTIES; i++)
		left += luo_try_retrieve(fuzz_session(i)) != -ENOENT;
	ok(!left, "every session of the fuzzer is ended", "%u are not", left);
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	unsigned int i;
	char bdf[BDF_LEN];

	story_arrive();
	for (i = 0; i < FUZZ_DEVICES; i++) {
		pci_find_device(EXTRA_NVME, i, bdf);
		pci_bind_vfio(bdf);
	}
	fuzz_start(seed() + 1, seconds(true), true);
	pci_bind_vfio(state_get()->vm[0].device[0].bdf);
	story_take_over(vm);
	kexec_load_next(story_stage());
	ok_rc(vm_preserve(vm), "the healthy VM is preserved again");
	start_breaker();
	fail_to_leave(seconds(true) * 1000 / 2);
	fuzz_end();
	end_sessions();
	end_breaker();
	vm_call_off(vm);
	ok(!kho_records(), "no record is left", "%llu", (unsigned long long)kho_records());
	restore_devices();
	check_kernel();
	story_end();
}

#define ON_ROOT(n)	" -device nvme,serial=root" #n ",addr=1" #n
#define IN_PORT(n)	" -device pcie-root-port,id=port" #n ",chassis=2" #n ",addr=1" #n \
			" -device nvme,serial=port" #n ",bus=port" #n

SCENARIO(.name = "fuzz", .cmdline = "lu.rate=200",
	 .qemu = ON_ROOT(0) ON_ROOT(1) ON_ROOT(2) ON_ROOT(3) ON_ROOT(4) ON_ROOT(5)
		 IN_PORT(6) IN_PORT(7) IN_PORT(8),
	 .timeout = 120, .before = before, .after = after);
