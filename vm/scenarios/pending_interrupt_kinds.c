// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt is pending in each of three NICs when one kernel replaces the other: MSI with masks,
 * MSI without masks, INTx. When it is armed again, MSI with masks and INTx deliver exactly one. MSI
 * without masks cannot keep it: none arrives, and none is made up. Each NIC raises the next
 * interrupt as usual.
 *
 * promise: 2
 * red when: an INTx level is shown to the interrupt controller once its pin is set up
 *   (`vfio_pci_liveupdate_show_intx`): 0 of 1 arrived
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "device/nic.h"
#include "device/pci.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

/* Registers of both models: causes, cleared by reading; raise; may interrupt; may not */
#define CAUSE		0x00c0
#define CAUSE_SET	0x00c8
#define MASK_SET	0x00d0
#define MASK_CLEAR	0x00d8
#define SENT		(1u << 0)	/* a frame was sent: none is */
#define GPIE		0x1514		/* igb: 0 is the mode without MSI-X */

static const struct kind {
	const char *name;
	unsigned int index;
	uint64_t kept;
} kinds[] = {
	{ "MSI with masks", VFIO_PCI_MSI_IRQ_INDEX, 1 },	/* an igb */
	{ "MSI without masks", VFIO_PCI_MSI_IRQ_INDEX, 0 },	/* an e1000e */
	{ "INTx", VFIO_PCI_INTX_IRQ_INDEX, 1 },
};

#define NICS	ARRAY_SIZE(kinds)

/* All that come: the first if one is expected, then for a while. */
static uint64_t arrive(struct dma_device *nic, uint64_t expected)
{
	if (expected)
		vm_interrupt_comes(nic);
	nap(6);
	return vm_interrupts(nic);
}

static void arm(struct dma_device *nic, const struct kind *kind)
{
	int rc = vfio_arm(nic->dev, kind->index, nic->event);

	if (rc < 0)
		bail_out("arm %s: %s", kind->name, strerror(-rc));
}

/* As a driver does: read the cause, and end a level interrupt. */
static void acknowledge(struct dma_device *nic, const struct kind *kind)
{
	struct vfio_irq_set unmask = {
		.argsz = sizeof(unmask), .index = VFIO_PCI_INTX_IRQ_INDEX, .count = 1,
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
	};

	nic_read(nic->regs, CAUSE);
	if (kind->index == VFIO_PCI_INTX_IRQ_INDEX)
		must_ioctl(nic->dev, VFIO_DEVICE_SET_IRQS, &unmask, "unmask INTx");
}

static uint64_t raise_one(struct dma_device *nic, uint64_t expected)
{
	nic_write(nic->regs, CAUSE_SET, SENT);
	return arrive(nic, expected);
}

/* The emulated e1000e now and then sends two messages for one cause. */
static void raises(struct dma_device *nic, const char *fact)
{
	ok_nic(nic->place->index, raise_one(nic, 1) > 0, fact, "none does");
}

/* Before the kexec an interrupt is pending, and the device may not send it. */
static void mask(const char *bdf)
{
	unsigned int msi = pci_capability(bdf, PCI_CAP_ID_MSI);
	uint32_t flags = pci_config(bdf, msi + PCI_MSI_FLAGS, 2);

	pci_set_config(bdf, PCI_COMMAND, pci_config(bdf, PCI_COMMAND, 2) | PCI_COMMAND_INTX_DISABLE,
		       2);
	if (flags & PCI_MSI_FLAGS_MASKBIT)
		pci_set_config(bdf, msi + PCI_MSI_MASK_64, 1, 4);
	else if (flags & PCI_MSI_FLAGS_ENABLE)
		pci_set_config(bdf, msi + PCI_MSI_FLAGS, flags & ~PCI_MSI_FLAGS_ENABLE, 2);
}

static void leave_pending(struct dma_device *nic, const struct kind *kind)
{
	uint32_t i = nic->place->index;

	if (vfio_arm(nic->dev, VFIO_PCI_MSIX_IRQ_INDEX, -1))
		bail_out("MSI-X cannot be disarmed");
	if (!strcmp(nic->place->model, "igb"))
		nic_write(nic->regs, GPIE, 0);
	nic_write(nic->regs, MASK_CLEAR, ~0u);
	nic_write(nic->regs, MASK_SET, SENT);
	nic_read(nic->regs, CAUSE);
	arm(nic, kind);
	arrive(nic, 0);		/* those of MSI-X, and what the switch may raise */
	diag("NIC %u: %s", i, kind->name);
	raises(nic, "an interrupt arrives");
	acknowledge(nic, kind);
	mask(nic->place->bdf);
	ok_nic(i, !raise_one(nic, 0), "the next one is masked", "it arrives");
}

static void before(void)
{
	unsigned int i;

	story_begin(one_nic_each, NICS);
	for (i = 0; i < NICS; i++)
		leave_pending(&story_vm(i)->device[0], &kinds[i]);
	story_preserve();
	story_leave();
}

static void restore(struct vm *vm, unsigned int i)
{
	struct dma_device *nic = &vm->device[0];
	uint64_t n;

	ok_rc(vm_restore(vm, &state_get()->vm[i]), "the VM is restored");
	nic->regs = vfio_map_bar0(nic->dev);
	nic->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	diag("NIC %u: %s", i, kinds[i].name);
	arm(nic, &kinds[i]);
	n = arrive(nic, kinds[i].kept);
	ok_nic(i, n == kinds[i].kept, kinds[i].kept ? "exactly one interrupt was pending" :
						      "none is made up", "%llu arrived",
	       (unsigned long long)n);
	acknowledge(nic, &kinds[i]);
	raises(nic, "the next interrupt arrives, too");
	acknowledge(nic, &kinds[i]);
	ok_rc(vm_finish(vm), "the session is finished");
}

/* For the rest of the story */
static void use_msix(struct dma_device *nic, const struct kind *kind)
{
	if (vfio_arm(nic->dev, kind->index, -1) || vm_arm(nic) < 0)
		bail_out("MSI-X cannot be armed");
	nic_write(nic->regs, MASK_CLEAR, ~0u);
	nic->ops->irq_enable(nic);
	ok_nic(nic->place->index, vm_interrupt_arrives(nic), "MSI-X can take its place", "it cannot");
}

static void after(void)
{
	unsigned int i;

	story_arrive();
	klog_skip();
	phase("retrieve.begin");
	for (i = 0; i < NICS; i++)
		restore(story_vm(i), i);
	phase("finish.end");
	for (i = 0; i < NICS; i++)
		use_msix(&story_vm(i)->device[0], &kinds[i]);
	ok(!klog_says("Spurious interrupt"), "no interrupt arrived without a handler", "one did");
	story_end();
}

SCENARIO(.name = "pending_interrupt_kinds", .nics = "igb,e1000e,e1000e", .cmdline = "lu.rate=200",
	 .timeout = 120, .before = before, .after = after);
