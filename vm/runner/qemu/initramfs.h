/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_INITRAMFS_H
#define VM_RUNNER_INITRAMFS_H

#include "core/run.h"

/*
 * Writes initrd.cpio into the directory of @r: init, the console node, and under /next
 * @kernel, the inner initramfs for the kexec and, unless it is NULL, @back, the kernel to go
 * back to; for a shell busybox as well, and where needed iolu, the example of a VMM with its
 * guest, and systemd. Returns the path. @vm is where all of it is built.
 */
char *initramfs_write(const char *vm, const struct run *r, const char *kernel, const char *back);
void initramfs_remove(const char *dir);

#endif /* VM_RUNNER_INITRAMFS_H */
