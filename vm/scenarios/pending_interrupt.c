// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of the gap: two NICs receive while one kernel replaces the other, and are silent when
 * their VMs are restored. Each has exactly one interrupt pending, which arrives when it is armed.
 * A third NIC received nothing in the gap and raises nothing. No interrupt arrives without a handler.
 *
 * promise: 2
 * red when: MSI-X stays enabled with the function mask set (`pci_liveupdate_keep_msix`), and its
 *   entries are masked before they are set up (`pci_liveupdate_mask_msix_entries`): 0 interrupts
 *   arrive, and "Spurious interrupt" is logged
 */
#include <string.h>

#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define NICS	3u
#define SILENT	2u

static void before(void)
{
	story_begin(one_nic_each, NICS);
	tx_stop(SILENT);
	device_await_silence(&story_vm(SILENT)->device[0]);
	vm_interrupts(&story_vm(SILENT)->device[0]);
	story_preserve();
	story_leave();
}

/* All that come: the first if one is expected, then for a while */
static uint64_t arrive(struct dma_device *nic, uint64_t expected)
{
	int rc = vm_arm(nic);

	if (rc < 0)
		bail_out("arm: %s", strerror(-rc));
	if (expected)
		vm_interrupt_comes(nic);
	nap(10);
	return vm_interrupts(nic);
}

static void restore(struct vm *vm, unsigned int i)
{
	struct dma_device *nic = &vm->device[0];
	uint64_t n, expected = i != SILENT;

	ok_rc(vm_restore(vm, &state_get()->vm[i]), "the VM is restored");
	nic->regs = vfio_map_bar0(nic->dev);
	n = arrive(nic, expected);
	ok_nic(i, n == expected, expected ? "exactly one interrupt was pending" :
					    "no interrupt was pending", "%llu arrived",
	       (unsigned long long)n);
	ok_nic(i, vm_interrupt_arrives(nic), "the next interrupt arrives, too", "it does not");
	phase("finish.begin");
	ok_rc(vm_finish(vm), "the session is finished");
	phase("finish.end");
}

static void await_silence(const struct device_place *place)
{
	struct dma_device nic = {};

	dma_device_look(&nic, place->bdf, place->model);
	device_await_silence(&nic);
	dma_device_unmap(&nic);
}

static void after(void)
{
	unsigned int i;

	story_arrive();
	for (i = 0; i < SILENT; i++)
		tx_stop(i);
	for (i = 0; i < SILENT; i++)
		await_silence(&state_get()->vm[i].device[0]);
	klog_skip();
	for (i = 0; i < NICS; i++)
		restore(story_vm(i), i);
	ok(!klog_says("Spurious interrupt"), "no interrupt arrived without a handler", "one did");
	for (i = 0; i < NICS; i++)
		tx_start(i, story_rate(), cmdline_number("lu.len", 200));
	story_traffic("lu.post");
	story_traffic("lu.post");
	story_judge();
	story_life();
}

SCENARIO(.name = "pending_interrupt", .nics = "igb,e1000e,igb", .cmdline = "lu.rate=300",
	 .timeout = 120, .before = before, .after = after);
