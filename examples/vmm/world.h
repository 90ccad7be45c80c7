/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The DMA world of the VM, made by libiolu. See world.c. */
#ifndef VMM_WORLD_H
#define VMM_WORLD_H

#include <iolu.h>

#define WORLD_MEMORY	"memory"	/* name of the memfd */

/* Create the VM's memory, its IOAS and HWPT, and attach the NIC. 0 or -errno. */
int world_build(struct iolu_vm *vm, const char *bdf);

#endif /* VMM_WORLD_H */
