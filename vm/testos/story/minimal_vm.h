/* SPDX-License-Identifier: GPL-2.0 */
/* A minimal VM: a memfd, an iommufd, and a device without a driver. See minimal_vm.c. */
#ifndef TESTOS_MINIMAL_VM_H
#define TESTOS_MINIMAL_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "device/pci.h"
#include "os/util.h"

#define MINIMAL_VM_TOKEN	0xd0f000ull	/* of its HWPT */
#define MINIMAL_VM_SIZE	(2 * MIB)

struct minimal_vm {
	char bdf[BDF_LEN];
	char name[16];			/* of its session */
	uint64_t size;			/* of its memory; 0: MINIMAL_VM_SIZE */
	bool token;			/* the device has virtual functions, or is one */
	int session;
	int memfd;
	int iommufd;
	int dev;
	uint32_t id;
	uint32_t ioas;
	uint32_t hwpt;
};

/* @bdf, @name, @size and @token are set by the caller. Sets bus mastering, no other register. Bails out. */
void minimal_vm_build(struct minimal_vm *s);
void minimal_vm_build_on(struct minimal_vm *s);		/* the same, on the caller's @memfd */
void minimal_vm_preserve(struct minimal_vm *s);
int minimal_vm_map(struct minimal_vm *s);		/* the same again: in the next kernel */

#endif /* TESTOS_MINIMAL_VM_H */
