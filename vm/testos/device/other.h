/* SPDX-License-Identifier: GPL-2.0 */
/* Devices of all kinds in the hands of a VM, for scenarios about refusals. See other.c. */
#ifndef TESTOS_OTHER_H
#define TESTOS_OTHER_H

#include "story/vm.h"

/* as pci_find_device() takes them */
#define OTHER_E1000E		0x808610d3u
#define OTHER_E1000		0x8086100eu
#define OTHER_IGB_VF		0x808610cau
#define OTHER_DISPLAY		0x12341111u
#define OTHER_XHCI		0x1b36000du
#define OTHER_VIRTIO_RNG	0x1af41044u

#define OTHER_TOKEN		0x300ull	/* to preserve it under, beside a VM's own tokens */

/* Opened, bound to the VM's iommufd, attached to its HWPT. Returns the device, or gives up. */
int other_take(struct vm *vm, const char *bdf);

/* The same with a virtual function of the VM's NIC, which gets one. */
int other_take_vf(struct vm *vm, char *bdf);

/* A session with all of the VM but its NIC */
void other_open_session(struct vm *vm);

#endif /* TESTOS_OTHER_H */
