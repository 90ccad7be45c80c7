// SPDX-License-Identifier: GPL-2.0
/*
 * A VM with two NICs behind one HWPT, saved and restored by libiolu. Neither uses MSI-X: the first
 * has one MSI vector, the second INTx. Both receive throughout.
 *
 * (The emulated igb raises no interrupt for received frames without MSI-X, so these are e1000e.)
 * Without MSI-X a NIC has one cause register and raises no further interrupt until the register is
 * read. So an interrupt raised during the gap would be the last one; that the library signals each
 * vector once makes the VMM read the register.
 *
 * First another handle imports the VM, with an HWPT for each NIC, and has them wrong.
 *
 * Before the update the kernel refuses one kexec after it has masked the interrupts of both NICs:
 * they must arrive again after that.
 *
 * promise: library
 * red when: MSI is restored when the kexec is refused (`pci_irqs_unmask_msi`, and the command
 *   register): no interrupt of the NIC with MSI arrives any more
 * red when: INTx of an incoming device is routed (`pcibios_enable_device` in
 *   `vfio_pci_liveupdate_route_intx`): no interrupt of the NIC with INTx arrives in the next kernel
 * red when: the kernel is not asked for the HWPT of a device (`put_device`): a VM with two NICs
 *   exchanged is saved, and cannot be restored
 * red when: marks of another handle stay (`clear_marks`): a handle with the HWPTs in another order,
 *   or without one of them, cannot be preserved
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "device/dma_device.h"
#include "device/extra.h"
#include "device/nic.h"
#include "device/pci.h"
#include "iommu/guard.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define NICS	2

static const struct kind {
	const char *ring;
	uint32_t irq;
} kinds[NICS] = {
	{ "ring0", IOLU_IRQ_MSI },
	{ "ring1", IOLU_IRQ_INTX },
};

/* Registers of an e1000e: causes, cleared by reading; and causes that may interrupt */
#define CAUSE		0x00c0
#define CAUSE_MASK	0x00d0
#define FRAME_RECEIVED	(1u << 7)

static const struct kind *kind_of(const struct dma_device *nic)
{
	return &kinds[nic->place->index];
}

/* -- building -- */

static void plan_vm(struct state *state)
{
	struct vm_data *data = &state->vm[0];
	unsigned int i;

	lib_plan(state, 1);
	data->ndevices = NICS;
	data->nmems = 1 + NICS;
	for (i = 0; i < NICS; i++) {
		struct device_place *nic = &data->device[i];

		if (!dma_device_find(i, nic->bdf))
			bail_out("there is no NIC number %u", i);
		strcpy(nic->model, "e1000e");
		nic->index = i;
		nic->mem = 1 + i;
		nic->iova = SCENARIO_GUARD_BASE + i * VM_NIC_STRIDE;
		data->mem_size[nic->mem] = RING_SIZE;
	}
}

static void add_nic(struct iolu_vm *vm, const struct device_place *nic)
{
	const struct kind *kind = &kinds[nic->index];
	int ring = vm_memfd(RING_SIZE, 0);

	pci_bind_vfio(nic->bdf);
	lib_must(vm, iolu_vm_add_memfd(vm, kind->ring, ring), "memory for a ring is added");
	close(ring);
	lib_must(vm, iolu_vm_map(vm, "guest", kind->ring, 0, nic->iova, RING_SIZE, LIB_RW),
		 "and mapped");
	lib_must(vm, iolu_vm_add_device(vm, nic->bdf), "a NIC is added");
	if (!nic->index)
		lib_must(vm, iolu_vm_add_hwpt(vm, "table", "guest", nic->bdf), "an HWPT is added");
	lib_must(vm, iolu_vm_attach(vm, nic->bdf, "table"), "the NIC is attached to it");
	lib_must(vm, iolu_vm_arm(vm, nic->bdf, kind->irq, 1), "its interrupt is armed");
	lib_refuses(vm, iolu_vm_arm(vm, nic->bdf, IOLU_IRQ_MSIX, 1), EBUSY, "disarm it first",
		    "and no interrupt of another kind beside it");
}

static struct iolu_vm *build(void)
{
	struct iolu_vm *vm = lib_new(0);
	int i, ram = vm_memfd(VM_RAM_SIZE, 0);

	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RAM, ram), "RAM is added");
	close(ram);
	lib_must(vm, iolu_vm_add_ioas(vm, "guest"), "an IOAS is added");
	lib_must(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_RAM_IOVA, VM_RAM_SIZE, LIB_RW),
		 "RAM is mapped");
	for (i = 0; i < NICS; i++)
		add_nic(vm, &state_get()->vm[0].device[i]);
	return vm;
}

/* As lib_show() does it, for two */
static void show(struct iolu_vm *vm)
{
	struct vm *to = story_vm(0);
	struct dma_device *nic;

	lib_expect(0);
	to->iommufd = iolu_vm_iommufd(vm);
	to->mem_fd[VM_RAM] = iolu_vm_memfd(vm, LIB_RAM);
	to->mem[VM_RAM] = must_map(to->mem_fd[VM_RAM], VM_RAM_SIZE, 0, "RAM");
	for (nic = to->device; nic < to->device + NICS; nic++) {
		nic->place = &to->data->device[nic - to->device];
		nic->ops = dma_device_ops(nic->place->model);
		nic->dev = iolu_vm_device_fd(vm, nic->place->bdf);
		nic->event = iolu_vm_vector_fd(vm, nic->place->bdf, kind_of(nic)->irq, 0);
		nic->regs = vfio_map_bar0(nic->dev);
		to->mem[nic->place->mem] = must_map(iolu_vm_memfd(vm, kind_of(nic)->ring),
						    RING_SIZE, 0, "ring");
	}
}

/* -- imported, with an HWPT for each -- */

/* The HWPTs in the order of their import, and that of each NIC */
struct plan {
	const char *tables[NICS + 1], *of[NICS];
};

static int import_memory(struct iolu_vm *to, struct iolu_vm *vm)
{
	unsigned int i;
	int rc = iolu_vm_add_memfd(to, LIB_RAM, iolu_vm_memfd(vm, LIB_RAM));

	rc = rc ?: iolu_vm_import_map(to, "guest", LIB_RAM, 0, VM_RAM_IOVA, VM_RAM_SIZE, LIB_RW);
	for (i = 0; !rc && i < NICS; i++) {
		rc = iolu_vm_add_memfd(to, kinds[i].ring, iolu_vm_memfd(vm, kinds[i].ring));
		rc = rc ?: iolu_vm_import_map(to, "guest", kinds[i].ring, 0,
					      state_get()->vm[0].device[i].iova, RING_SIZE, LIB_RW);
	}
	return rc;
}

static struct iolu_vm *import(struct iolu_vm *vm, const struct plan *plan)
{
	struct iolu_vm *to = lib_new(0);
	const char *const *table;
	unsigned int i;
	int rc = iolu_vm_set_iommufd(to, iolu_vm_iommufd(vm));

	rc = rc ?: iolu_vm_import_ioas(to, "guest", iolu_vm_ioas_id(vm, "guest"));
	rc = rc ?: import_memory(to, vm);
	for (table = plan->tables; !rc && *table; table++)
		rc = iolu_vm_import_hwpt(to, *table, "guest", iolu_vm_hwpt_id(vm, *table));
	for (i = 0; !rc && i < NICS; i++) {
		const char *bdf = state_get()->vm[0].device[i].bdf;

		rc = iolu_vm_import_device(to, bdf, iolu_vm_device_fd(vm, bdf),
					   iolu_vm_device_id(vm, bdf), plan->of[i]);
	}
	lib_must(to, rc, "all is imported into another handle");
	return to;
}

static void check_import(struct iolu_vm *vm, const struct plan *plan, const char *fact)
{
	struct iolu_vm *to = import(vm, plan);

	ok(!iolu_vm_check(to), fact, "%s", iolu_vm_reason(to));
	iolu_vm_free(to);
}

static void check_swapped(struct iolu_vm *vm)
{
	const struct plan swapped = { { "table", "second" }, { "second", "table" } };
	const char *bdf = state_get()->vm[0].device[0].bdf;
	struct iolu_vm *to = import(vm, &swapped);
	char words[100];

	snprintf(words, sizeof(words), "device %s: not preserved: it is not attached to HWPT \"second\"",
		 bdf);
	lib_refuses(to, iolu_vm_check(to), EBADE, words, "a VM with two NICs exchanged cannot be saved");
	lib_refuses(to, iolu_vm_save(to), EBADE, words, "  nor is it");
	ok(!kho_records(), "  nothing is left of it", "%llu records",
	   (unsigned long long)kho_records());
	iolu_vm_free(to);
}

static void check_imports(struct iolu_vm *vm)
{
	const struct plan right = { { "table", "second" }, { "table", "second" } };
	const struct plan turned = { { "second", "table" }, { "table", "second" } };
	const struct plan one = { { "table" }, { "table", "table" } };
	const char *bdf = state_get()->vm[0].device[1].bdf;

	lib_must(vm, iolu_vm_add_hwpt(vm, "second", "guest", bdf), "a second HWPT is added");
	lib_must(vm, iolu_vm_attach(vm, bdf, "second"), "and the second NIC moved to it");
	check_swapped(vm);
	check_import(vm, &right, "a VM with two HWPTs could be preserved");
	check_import(vm, &turned, "so it could by a handle that has them in another order");
	lib_must(vm, iolu_vm_attach(vm, bdf, "table"), "the second NIC is moved back");
	check_import(vm, &one, "so it could by a handle without the HWPT that has no device any more");
	lib_must(vm, iolu_vm_remove(vm, IOLU_HWPT, "second"), "and the second HWPT goes");
}

/* -- interrupts -- */

/* As the driver in a VM's guest: read the cause, and end a level interrupt. */
static void acknowledge(struct dma_device *nic)
{
	struct vfio_irq_set unmask = {
		.argsz = sizeof(unmask), .index = VFIO_PCI_INTX_IRQ_INDEX, .count = 1,
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
	};

	nic_read(nic->regs, CAUSE);
	if (kind_of(nic)->irq == IOLU_IRQ_INTX)
		must_ioctl(nic->dev, VFIO_DEVICE_SET_IRQS, &unmask, "unmask INTx");
}

/* Three times in a row: each interrupt comes after the one before was acknowledged. */
static void check_interrupts(struct dma_device *nic)
{
	int i, n = 0;

	for (i = 0; i < 3; i++) {
		vm_interrupts(nic);
		acknowledge(nic);
		n += vm_interrupt_comes(nic);
	}
	vm_interrupts(nic);
	acknowledge(nic);
	ok_nic(nic->place->index, n == 3, "frames raise interrupts, again and again",
	       "%d of 3 came", n);
}

static void start(struct vm *vm)
{
	struct dma_device *nic;

	vm_ram_fill(vm);
	for_each_device(vm, nic) {
		nic->ops->prepare(nic->place, device_memory(vm, nic - vm->device));
		vfio_enable_bus_master(nic->dev);
		nic->ops->start(nic);
		nic_write(nic->regs, CAUSE_MASK, FRAME_RECEIVED);
	}
	guard_fill();
	mark("rx_on");
	for_each_device(vm, nic)
		tx_start(nic->place->index, story_rate(), cmdline_number("lu.len", 200));
	story_traffic("lu.pre");
	for_each_device(vm, nic)
		check_interrupts(nic);
}

/* -- the two kernels -- */

/* A third device, whose bridge is no bus master: the kernel refuses when both NICs are masked. */
static void refused_jump(struct iolu_vm *vm)
{
	char bdf[BDF_LEN];
	struct pci_path path;
	struct dma_device *nic;

	pci_find_device(EXTRA_E1000E, NICS, bdf);
	pci_path(bdf, &path);
	pci_bind_vfio(bdf);
	lib_must(vm, iolu_vm_add_device(vm, bdf), "a third device is added");
	lib_must(vm, iolu_vm_attach(vm, bdf, "table"), "and attached");
	lib_must(vm, iolu_vm_save(vm), "the VM is saved");
	vfio_enable_bus_master(iolu_vm_device_fd(vm, bdf));
	pci_set_bus_master(path.bdf[0], false);
	kexec_load_next(story_stage());
	klog_skip();
	kexec_strict(true);
	reboot(RB_KEXEC);
	refused(-errno, ENOLINK, "not frozen: bridge above has bus mastering off",
		"the kernel does not leave");
	for_each_device(story_vm(0), nic)
		check_interrupts(nic);
	kexec_strict(false);
	pci_set_bus_master(path.bdf[0], true);
	lib_must(vm, iolu_vm_unsave(vm), "the save is called off");
	lib_must(vm, iolu_vm_remove(vm, IOLU_DEVICE, bdf), "and the third device goes");
}

static void before(void)
{
	struct iolu_vm *vm;

	plan_vm(state_create());
	vm = build();
	check_imports(vm);
	show(vm);
	start(story_vm(0));
	refused_jump(vm);
	mark("preserve.begin");
	lib_must(vm, iolu_vm_save(vm), "one call saves the VM with both NICs");
	mark("preserve.end");
	tables_record();
	story_leave();
}

static void check_restored(struct iolu_vm *vm, struct dma_device *nic)
{
	const char *bdf = nic->place->bdf;
	uint32_t irq;

	for (irq = IOLU_IRQ_INTX; irq <= IOLU_IRQ_MSIX; irq++)
		ok_nic(nic->place->index,
		       iolu_vm_vectors(vm, bdf, irq) == (irq == kind_of(nic)->irq),
		       "the NIC has its kind of interrupt and no other", "kind %u: %d", irq,
		       iolu_vm_vectors(vm, bdf, irq));
	ok_nic(nic->place->index, vm_interrupt_came(nic),
	       "it was signalled, though the NIC waits to be acknowledged", "it was not");
	check_interrupts(nic);
}

static void take_apart(struct iolu_vm *vm)
{
	struct dma_device *nic;

	for_each_device(story_vm(0), nic) {
		nic_write(nic->regs, NIC_RCTL, 0);
		vfio_unmap_bar0(nic->regs);
		lib_holds(vm, iolu_vm_arm(vm, nic->place->bdf, kind_of(nic)->irq, 0),
			  "its interrupt is disarmed");
		lib_holds(vm, iolu_vm_remove(vm, IOLU_DEVICE, nic->place->bdf), "a NIC goes");
	}
	lib_holds(vm, iolu_vm_remove(vm, IOLU_HWPT, "table"), "the HWPT goes after both");
	iolu_vm_free(vm);
}

static void after(void)
{
	struct iolu_vm *vm;
	struct dma_device *nic;

	story_arrive();
	vm = lib_new(0);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	mark("retrieve.begin");
	lib_must(vm, iolu_vm_restore(vm), "one call restores the VM with both NICs");
	mark("retrieve.end");
	show(vm);
	for_each_device(story_vm(0), nic)
		check_restored(vm, nic);
	tables_compare("after adoption");
	mark("finish.begin");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	story_traffic("lu.post");
	story_judge();
	take_apart(vm);
}

SCENARIO(.name = "library_two_devices", .nics = "e1000e,e1000e", .cmdline = "lu.rate=300",
	 .qemu = "-device pcie-root-port,id=more,chassis=8,addr=08 -device e1000e,bus=more",
	 .timeout = 90, .before = before, .after = after);
