/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel image tells about the kernel in it. */
#ifndef IOLU_CLI_TARGET_IMAGE_H
#define IOLU_CLI_TARGET_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct image - An x86 kernel image, unpacked.
 * @release: The version that its header names, "" if none.
 * @compression: How the kernel in it is compressed, for people.
 * @kernel: The kernel proper, @size bytes; NULL if it could not be unpacked.
 */
struct image {
	char release[128];
	const char *compression;
	unsigned char *kernel;
	size_t size;
};

/**
 * image_open() - Read an image and unpack the kernel.
 * @image: Out; to be freed by image_close().
 * @path: A bzImage, as kexec_file_load(2) takes it.
 * @why: Out, if it fails: the reason, to be shown after the path.
 *
 * Return: 0; -errno if the file cannot be read; -ENOEXEC if it is no bzImage; -ENOTSUP if the
 * compression is one that is not known here; -EBADMSG if it cannot be unpacked.
 */
int image_open(struct image *image, const char *path, const char **why);
void image_close(struct image *image);

/* Does the kernel have this text somewhere? */
bool image_says(const struct image *image, const char *text);

/* Does it have this NUL-terminated text, not as the rest of a longer word? */
bool image_has(const struct image *image, const char *text);

/*
 * The N of a NUL-terminated text "@name-vN" in the kernel that is not the rest of a longer
 * word, the greatest; 0 if there is none.
 */
unsigned int image_version(const struct image *image, const char *name);

#endif /* IOLU_CLI_TARGET_IMAGE_H */
