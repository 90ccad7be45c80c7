/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties of a kernel in its image */
#ifndef IOLU_CLI_TARGET_IMAGE_H
#define IOLU_CLI_TARGET_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct image - An x86 kernel image, decompressed.
 * @release: The version in its header, "" if none.
 * @compression: How the kernel in it is compressed, for people.
 * @cmdline_max: The longest command line it takes, in bytes with the NUL; 0 if unknown.
 * @memory: Bytes of memory that it needs at its start; 0 if unknown.
 * @kernel: The kernel proper, @size bytes, and what initrd_add_modules() added.
 * @modules_unread: It loads modules, and those of its initrd were not read.
 * @lacking: Modules that others need and the initrd does not have, a blank before each.
 */
struct image {
	char release[128];
	const char *compression;
	unsigned long cmdline_max, memory;
	unsigned char *kernel;
	size_t size;
	bool modules_unread;
	char lacking[256];
};

/**
 * image_open() - Read an image and decompress the kernel.
 * @image: Out; release it with image_close().
 * @path: A bzImage, as kexec_file_load(2) takes it.
 * @why: Out, on failure: the reason, a constant or of strerror(3).
 *
 * Return: 0; -errno if the file cannot be read; -ENOEXEC if it is no bzImage; -ENOTSUP if the
 * compression is not supported here; -EBADMSG if the payload is damaged.
 */
int image_open(struct image *image, const char *path, const char **why);
void image_close(struct image *image);

/* Read a file or pipe to its end; @data is released with free(). Return 0 or -errno. */
int image_read(const char *path, unsigned char **data, size_t *size);

/* Does the kernel contain this NUL-terminated text, not as the end of a longer word? */
bool image_has(const struct image *image, const char *text);

/*
 * The largest N of a NUL-terminated text "@name-vN" in the kernel that is not the end of a
 * longer word; 0 if there is none.
 */
unsigned int image_version(const struct image *image, const char *name);

#endif /* IOLU_CLI_TARGET_IMAGE_H */
