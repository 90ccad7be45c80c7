/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules of a kernel in its initrd */
#ifndef IOLU_CLI_TARGET_INITRD_H
#define IOLU_CLI_TARGET_INITRD_H

#include "target/image.h"

/**
 * initrd_add_modules() - Add the modules that handle files of live updates to their kernel.
 * @image: The kernel; gets their texts, for image_has(), and @image->lacking.
 * @path: The initrd: cpio archives, compressed or not.
 * @why: Out, on failure: the reason, a constant or of strerror(3).
 *
 * Return: 0; -errno if the file cannot be read; -ENOTSUP if the compression is not supported
 * here; -EBADMSG if an archive is damaged or its modules are larger than any; -ENOMEM.
 */
int initrd_add_modules(struct image *image, const char *path, const char **why);

#endif /* IOLU_CLI_TARGET_INITRD_H */
