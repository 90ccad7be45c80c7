// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs. The second VM's guest has told its NIC to receive into the range of addresses in which
 * a write is an interrupt request. The NIC does so from the previous kernel into the next one: no
 * request is delivered to the kernel that boots, and interrupt remapping is never off. The first
 * VM is not disturbed.
 *
 * promise: 6
 * red when: the previous kernel leaves its interrupt remapping table in use, and the next one turns
 *   remapping off before it uses its own (before liveupdate_irq.c): remapping is off for 0.4 ms
 * red when: the last table of the previous kernel blocks all requests (`intel_lu_park_irqs` made to
 *   set the table that is in use): 289 of 7,448 writes are delivered in the gap
 * red when: AMD-Vi leaves the interrupt half of all entries (`amd_liveupdate_shutdown`): 14,766 of
 *   16,100 requests are delivered
 */
#include <unistd.h>

#include "device/nic.h"
#include "device/pci.h"
#include "iommu/platform.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define HOSTILE			1
#define RESERVE			64u		/* entries that the NIC may have read already */

/* The guest may write its own interrupt messages. */
static void aim_at_interrupts(struct vm *vm)
{
	uint64_t address = platform()->interrupt_address(vm->data->device[0].bdf);
	volatile uint64_t *desc = device_memory(vm, 0);
	uint32_t i = device_progress(&vm->device[0]) + RESERVE;

	for (; i < RING_ENTRIES; i++)
		desc[2 * i] = address;
	fig_nic(HOSTILE, "interrupt_address", address);
	diag("the NIC writes to 0x%llx", (unsigned long long)address);
}

static void before(void)
{
	story_begin(one_nic_each, 2);
	story_discard_from(HOSTILE);
	story_preserve();
	aim_at_interrupts(story_vm(HOSTILE));
	story_leave();
}

static void after(void)
{
	int session;

	story_arrive();
	session = luo_try_retrieve(state_get()->vm[HOSTILE].session);
	ok_rc(luo_discard(session), "the session of the hostile VM is discarded");
	close(session);
	state_get()->nvms = HOSTILE;
	story_take_over(story_vm(0));
	story_end();
}

SCENARIO(.name = "interrupts_stay_remapped", .nics = "igb,igb", .hostile = "1",
	 .remapping_stays_on = true, .cmdline = "lu.rate=300", .before = before, .after = after);
