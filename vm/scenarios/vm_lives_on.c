// SPDX-License-Identifier: GPL-2.0
/*
 * A real VM survives two updates: the example's VMM and its guest, which drives the NIC itself and
 * counts the frames it receives.
 *
 * The frames are judged by the guest's own count, read from its memory. In each next kernel the
 * VMM is stopped by ptrace right before it adopts, to see that the guest already runs.
 *
 * promise: vm
 * red when: the vCPU's state is restored (`vcpu_load` in `examples/vmm`): the guest starts over,
 *   40,307 of 41,807 frames lost
 * red when: the guest's clock is restored (`tsc_offset`): the clock goes back
 * red when: registers of other kinds are restored (XCRS, XSAVE, DEBUGREGS, MSRS in `parts`, and
 *   CR2): all five are lost
 * red when: the local APIC is restored (LAPIC in `parts`): the guest receives no more
 * red when: the interrupt is routed in the next kernel (`machine_route`): the guest keeps
 *   sleeping, the frames of the gap are not found
 * red when: the vCPU's state is restored before the interrupt (100 ms after it): the guest keeps
 *   sleeping with the frames before it
 * red when: the vCPU runs before adoption (started after it): the stopped VMM has not started it
 * red when: the session is kept until the kexec (closed after the VM was saved): bus mastering and
 *   translation off, no VM to restore
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include <linux/iommufd.h>

#include "board.h"
#include "device/nic.h"
#include "device/pci.h"
#include "guest/guest.h"
#include "iommu/guard.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "lib/vmm.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define GUEST_TAIL	0xc018	/* RDT of queue 0, as in examples/guest/nic.c */
#define QUIET_LOOKS	10
#define MOST_LOOKS	600

/*
 * The ring has room for the frames of the gap: 27 seconds at the usual rate. To get
 * once round it does not take that long, the first frames come at another one.
 */
#define FAST		1300
#define FEW		30	/* frames */

static const volatile struct counts *counts;

static const char *bdf(void)
{
	return state_get()->vm[0].device[0].bdf;
}

static void look_inside(void)
{
	counts = (const void *)((char *)vmm_memory(BOARD_RAM_SIZE) + GUEST_COUNTS_AT);
}

/* Does the guest count up to @number, some time soon? */
static bool reaches(uint64_t number)
{
	unsigned int look;

	for (look = 0; counts->received < number && look < MOST_LOOKS; look++)
		sleep_ms(50);
	return counts->received >= number;
}

static void start_frames(unsigned int rate)
{
	tx_start(0, rate, cmdline_number("lu.len", 200));
}

static void begin(void)
{
	pci_bind_vfio(bdf());
	vmm_start(state_get()->vm[0].session, bdf(), false);
	vmm_must_say("vmm: the vCPU runs", "the VM begins");
	vmm_must_say("guest: the NIC receives", "its guest drives the NIC");
	look_inside();
	if (guard_possible())
		guard_fill();
	mark("rx_on");
	start_frames(FAST);
	ok(reaches(GUEST_RING + FEW) && counts->interrupts > FEW,
	   "the guest receives, once round its ring and more", "%llu frames, %llu interrupts",
	   (unsigned long long)counts->received, (unsigned long long)counts->interrupts);
	tx_stop(0);
	start_frames(story_rate());
}

static void save_and_call_off(void)
{
	uint64_t before;

	vmm_signal(SIGUSR1);
	vmm_must_say("vmm: saved", "the VM is saved");
	before = counts->received;
	sleep_ms(200);
	ok(counts->received == before, "its guest stands", "it has counted on");
	vmm_signal(SIGUSR2);
	vmm_must_say("vmm: cancelled", "that is called off");
	ok(reaches(before + FEW), "the guest counts on", "%llu frames, as before",
	   (unsigned long long)before);
}

static void await_silence(void)
{
	uint64_t before = 0, now;
	unsigned int look, quiet = 0;

	for (look = 0; quiet < QUIET_LOOKS && look < MOST_LOOKS; look++) {
		sleep_ms(50);
		now = counts->received;
		quiet = now == before ? quiet + 1 : 0;
		before = now;
	}
}

/* @silent: no frames come meanwhile, so the guest waits, and has no interrupt pending. */
static void save_and_leave(bool silent)
{
	luo_let_go();
	if (silent) {
		tx_stop(0);
		await_silence();
	}
	mark("preserve.begin");
	vmm_signal(SIGUSR1);
	vmm_must_say("vmm: saved", "the VM is saved for a kexec");
	mark("preserve.end");
	if (silent)
		start_frames(story_rate());
	state_get()->vm[0].device[0].head = counts->received;
	state_get()->tsc = __rdtsc();
	lib_expect(0);
	story_vm(0)->iommufd = vmm_copy_fd("iommu");
	tables_record();
	story_leave();
}

static void before(void)
{
	lib_plan(state_create(), 1);
	kexec_keep_next();
	begin();
	luo_let_go();
	save_and_call_off();
	save_and_leave(true);
}

/* Frames since the previous kernel, and their interrupts, while the VMM has not adopted anything */
static void look_before_adoption(bool silent)
{
	uint64_t had = state_get()->vm[0].device[0].head, now;

	look_inside();
	ok(reaches(had + 1), "the guest has found the frames of the gap",
	   "it stands at %llu frames", (unsigned long long)had);
	if (silent) {
		await_silence();
		start_frames(story_rate());
	}
	now = counts->received;
	ok(reaches(now + FEW), "and keeps receiving before its page table is adopted",
	   "it stands at %llu frames", (unsigned long long)now);
	tables_compare("before adoption");
}

static void judge_count(void)
{
	fig_nic(0, "received", counts->received);
	fig_nic(0, "dup", counts->again);
	fig_nic(0, "order", counts->again);
	fig_nic(0, "holes", counts->missing);
	fig_nic(0, "badsum", counts->bad);
	ok(counts->received == counts->next && !counts->missing && !counts->again && !counts->bad,
	   "the guest has counted each frame once, in order",
	   "%llu up to number %llu, %llu missing, %llu twice, %llu bad",
	   (unsigned long long)counts->received, (unsigned long long)counts->next,
	   (unsigned long long)counts->missing, (unsigned long long)counts->again,
	   (unsigned long long)counts->bad);
}

/* @resumed: a moment before the vCPU could run in this kernel */
static void judge_guest(uint64_t resumed)
{
	uint64_t stood = resumed - state_get()->tsc;

	ok(counts->begun == 1, "the guest was started once in its life", "%llu times",
	   (unsigned long long)counts->begun);
	ok(!counts->forgotten, "no register of any kind was forgotten",
	   "XCR0, XMM0, DR0, CR2, MSR: bits %#llx", (unsigned long long)counts->forgotten);
	ok(!counts->backwards && counts->longest > stood,
	   "its clock never went back, and shows the gap",
	   "back %llu times, longest wait %llu, but it stood %llu or more",
	   (unsigned long long)counts->backwards, (unsigned long long)counts->longest,
	   (unsigned long long)stood);
}

/* The tail is behind the last frame only if the guest has written it in this kernel. */
static void judge_nic(void)
{
	volatile uint32_t *regs = pci_map_bar0(bdf());
	uint32_t tail = nic_read(regs, GUEST_TAIL);
	uint32_t last = (counts->received - 1) % GUEST_RING;

	ok(tail == last, "the guest has given all buffers back to the NIC",
	   "the NIC's tail is %u instead of %u", tail, last);
	vfio_unmap_bar0(regs);
}

/*
 * At the first update frames come only while the guest stands, so that nothing wakes it but the
 * interrupt that its VMM makes up for those that were lost. At the second they keep coming.
 */
static void go_on(bool first)
{
	if (first) {
		tx_stop(0);
		sleep_ms(300);
	}
	luo_let_go();
	vmm_start(state_get()->vm[0].session, bdf(), true);
	ok(vmm_go_to(IOMMU_HWPT_LIVEUPDATE_ADOPT), "the same program takes the VM up again",
	   "it ends");
	vmm_must_say("vmm: the vCPU runs", "the vCPU runs");
	look_before_adoption(first);
	vmm_go_on();
	vmm_must_say("vmm: the update is finished", "the VM is adopted and finished");
	mark("finish.end");
	tables_compare("after finish");
}

static void after(void)
{
	uint64_t resumed;
	bool first;

	story_arrive();
	first = state_get()->updates == 1;
	resumed = __rdtsc();
	go_on(first);
	if (first)
		save_and_leave(false);
	story_traffic("lu.post");
	tx_stop(0);
	await_silence();
	mark("scan");
	judge_count();
	judge_guest(resumed);
	judge_nic();
	story_judge_guard();
	ok(!vmm_end(SIGTERM), "the VMM ends on SIGTERM", "not as it should");
}

SCENARIO(.name = "vm_lives_on", .kvm = true, .updates = 2, .cmdline = "lu.rate=150",
	 .timeout = 120, .before = before, .after = after);
