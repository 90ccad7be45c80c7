/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_HOST_INITRAMFS_H
#define VM_HOST_INITRAMFS_H

#include <stdbool.h>

/*
 * Writes @dir/initrd.cpio: init, the console node, and under /next the kernel and the inner
 * initramfs for the kexec; with @shell busybox as well, with @command iolu. Returns the path.
 * @vm is where init, iolu and gen_init_cpio are.
 */
char *initramfs_write(const char *vm, const char *dir, const char *bzimage, bool shell,
		      bool command);
void initramfs_remove(const char *dir);

#endif /* VM_HOST_INITRAMFS_H */
