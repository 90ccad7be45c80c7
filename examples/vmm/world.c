// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory and page table of the VM's device, built once, in the first kernel. Later kernels
 * restore them through libiolu and run none of this; above all they leave bus mastering alone.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "board.h"
#include "world.h"

/* The guest has no configuration space and cannot do it. */
static int enable_dma(int device)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    pread(device, &command, sizeof(command), config.offset + PCI_COMMAND) < 0)
		return -errno;
	command |= PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
	if (pwrite(device, &command, sizeof(command), config.offset + PCI_COMMAND) < 0)
		return -errno;
	return 0;
}

static int add_memory(struct iolu_vm *vm)
{
	int fd = memfd_create("vm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = fd < 0 || ftruncate(fd, BOARD_RAM_SIZE) ? -errno : 0;

	if (!rc)
		rc = iolu_vm_add_memfd(vm, WORLD_MEMORY, fd);
	close(fd);
	return rc;
}

int world_build(struct iolu_vm *vm, const char *bdf)
{
	int rc = add_memory(vm);

	if (!rc)
		rc = iolu_vm_add_ioas(vm, "guest");
	if (!rc)
		rc = iolu_vm_map(vm, "guest", WORLD_MEMORY, 0, BOARD_RAM, BOARD_RAM_SIZE,
				 IOLU_MAP_READ | IOLU_MAP_WRITE);
	if (!rc)
		rc = iolu_vm_add_device(vm, bdf);
	if (!rc)
		rc = iolu_vm_add_hwpt(vm, "table", "guest", bdf);
	if (!rc)
		rc = iolu_vm_attach(vm, bdf, "table");
	if (!rc)
		rc = iolu_vm_arm(vm, bdf, IOLU_IRQ_MSIX, 1);
	return rc ? rc : enable_dma(iolu_vm_device_fd(vm, bdf));
}
