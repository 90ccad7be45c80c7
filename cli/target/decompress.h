/* SPDX-License-Identifier: GPL-2.0-only */
/* Decompression of kernel images */
#ifndef IOLU_CLI_TARGET_DECOMPRESS_H
#define IOLU_CLI_TARGET_DECOMPRESS_H

#include <stddef.h>

/**
 * decompress_kernel() - Decompress the payload of an image.
 * @from: The payload, @size bytes; the size that Linux appends to it is ignored.
 * @to: Out: the kernel, released with free(); unchanged on failure.
 * @length: Out: its size.
 * @name: Out: the name of the compression, a constant.
 *
 * Return: 0; -ENOTSUP if the compression is not supported; -EBADMSG if the payload is damaged
 * or longer than a kernel can be; -ENOMEM.
 */
int decompress_kernel(const unsigned char *from, size_t size, unsigned char **to,
		      size_t *length, const char **name);

#endif /* IOLU_CLI_TARGET_DECOMPRESS_H */
