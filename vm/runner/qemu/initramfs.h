/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_INITRAMFS_H
#define VM_RUNNER_INITRAMFS_H

#include "core/run.h"

/*
 * Write initrd.cpio into the directory of @r and return its path. It has init, the console
 * node, the modules of the kernel @first, if it has any, and, under /next, the kernel @kernel for
 * the kexec, the inner initramfs with its modules and, unless it is NULL, the kernel @back to go
 * back to; a shell has /next in the image. A shell gets busybox; iolu, the example VMM with its
 * guest, and systemd are there if the scenario needs them. @vm is the directory of all these
 * programs.
 */
char *initramfs_write(const char *vm, const struct run *r, const char *first, const char *kernel,
		      const char *back);
void initramfs_remove(const char *dir);

#endif /* VM_RUNNER_INITRAMFS_H */
