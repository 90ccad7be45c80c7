/* SPDX-License-Identifier: GPL-2.0 */
/* Devices of other kinds beside a VM's NIC, for scenarios about refusals. See extra.c. */
#ifndef TESTOS_EXTRA_H
#define TESTOS_EXTRA_H

#include "story/vm.h"

/* as pci_find_device() takes them */
#define EXTRA_E1000E		0x808610d3u
#define EXTRA_E1000		0x8086100eu
#define EXTRA_IGB_VF		0x808610cau
#define EXTRA_DISPLAY		0x12341111u
#define EXTRA_VGA		0x101300b8u
#define EXTRA_EDU		0x123411e8u
#define EXTRA_XHCI		0x1b36000du
#define EXTRA_VIRTIO_RNG	0x1af41044u
#define EXTRA_NVME		0x1b360010u
#define EXTRA_PASIDS		0x1b361ac1u

/*
 * Emulator options for a machine with one device of each kind that cannot be preserved: two
 * functions that are not isolated from each other, a VGA adapter, an xHCI, a device whose ATS the
 * kernel leaves off, and a NIC behind a bridge to conventional PCI. Needs .iommu = "device-iotlb=on".
 */
#define EXTRA_MACHINE							\
	"-device pcie-root-port,id=two,chassis=8,addr=08"		\
	" -device e1000e,bus=two,addr=0.0,multifunction=on"		\
	" -device e1000e,bus=two,addr=0.1"				\
	" -device cirrus-vga,addr=09,romfile= -device qemu-xhci,addr=0a"	\
	" -device pcie-root-port,id=ats,chassis=9,addr=0b"		\
	" -device virtio-rng-pci,bus=ats,ats=on,x-ats-page-aligned=off"		\
	",iommu_platform=on,disable-legacy=on"				\
	" -device pcie-pci-bridge,id=pci,addr=0c -device e1000,bus=pci,addr=01"

#define EXTRA_TOKEN		0x300ull	/* in a session, beside a VM's own tokens */

/* Open, bind to the VM's iommufd and attach to its HWPT. Returns the device, or bails out. */
int extra_attach(struct vm *vm, const char *bdf);

/* The same with a virtual function of the VM's NIC, which is created here. */
int extra_attach_vf(struct vm *vm, char *bdf);

/* Create a session with all of the VM but its NIC. */
void extra_open_session(struct vm *vm);

#endif /* TESTOS_EXTRA_H */
