// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The KVM side of the VM: RAM, the registers of the NIC, the routing of its interrupt.
 *
 * None of this is preserved. Each kernel builds it from the objects that libiolu restores: the
 * memfd with the guest's memory, the device, the eventfd of its interrupt. All addresses stay
 * the same, so the guest sees no difference.
 *
 * KVM emulates the local APIC. There is no other interrupt controller, because the only
 * device sends messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <linux/vfio.h>

#include "board.h"
#include "machine.h"

#define PAGE_PRESENT	1ull
#define PAGE_WRITE	2ull
#define PAGE_LARGE	0x80ull
#define MSI_ADDRESS	0xfee00000u	/* the local APIC of vCPU 0 */
#define NIC_GSI		0

static void add_slot(struct machine *m, uint32_t slot, uint64_t at, void *memory, uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = at, .memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};

	if (ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM rejects memory at %#llx: %s", (unsigned long long)at,
		    strerror(errno));
}

static void *map(int fd, uint64_t offset, uint64_t size, const char *what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (at == MAP_FAILED)
		die("%s cannot be mapped: %s", what, strerror(errno));
	return at;
}

/* The guest accesses the registers directly, without exits. */
static void add_nic(struct machine *m, int device)
{
	struct vfio_region_info bar = {
		.argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX,
	};

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar))
		die("the NIC has no region for BAR 0: %s", strerror(errno));
	add_slot(m, 1, BOARD_NIC, map(device, bar.offset, bar.size, "BAR 0"), bar.size);
}

void machine_open(struct machine *m, int memory, int device)
{
	struct kvm_enable_cap apic = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };

	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm < 0)
		die("/dev/kvm cannot be opened: %s", strerror(errno));
	m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	if (m->vm < 0)
		die("KVM cannot create a VM: %s", strerror(errno));
	if (ioctl(m->vm, KVM_ENABLE_CAP, &apic))
		die("KVM has no local APIC for the VM: %s", strerror(errno));
	m->ram = map(memory, 0, BOARD_RAM_SIZE, "the memory of the VM");
	add_slot(m, 0, BOARD_RAM, m->ram, BOARD_RAM_SIZE);
	add_nic(m, device);
}

/* Identity mapping: one 1 GiB page for each of 512 GiB. */
static void write_tables(struct machine *m)
{
	uint64_t *top = (uint64_t *)(m->ram + (BOARD_TABLES - BOARD_RAM)), *next = top + 512, i;

	top[0] = (BOARD_TABLES + 0x1000) | PAGE_PRESENT | PAGE_WRITE;
	for (i = 0; i < 512; i++)
		next[i] = i << 30 | PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE;
}

/* For a new VM; a restored VM has its memory already. */
void machine_load(struct machine *m, const char *image)
{
	int fd = open(image, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, m->ram, BOARD_STACK - BOARD_RAM) <= 0)
		die("the image of the guest, %s, cannot be read: %s", image, strerror(errno));
	close(fd);
	write_tables(m);
}

/*
 * KVM turns the eventfd that vfio signals into a message to the guest. After a restore the
 * eventfd may be signalled already and the message is sent at once: restore the local APIC of
 * the vCPU first.
 */
void machine_route(struct machine *m, int eventfd)
{
	struct {	/* struct kvm_irq_routing and its entries */
		uint32_t nr, flags;
		struct kvm_irq_routing_entry entry;
	} routing = {
		.nr = 1,
		.entry = { .gsi = NIC_GSI, .type = KVM_IRQ_ROUTING_MSI,
			   .u.msi = { .address_lo = MSI_ADDRESS, .data = BOARD_NIC_VECTOR } },
	};
	struct kvm_irqfd irqfd = { .fd = eventfd, .gsi = NIC_GSI };

	if (ioctl(m->vm, KVM_SET_GSI_ROUTING, &routing) || ioctl(m->vm, KVM_IRQFD, &irqfd))
		die("KVM rejects the interrupt of the NIC: %s", strerror(errno));
}
