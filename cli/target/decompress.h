/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpacking what a kernel image can be compressed with. */
#ifndef IOLU_CLI_TARGET_DECOMPRESS_H
#define IOLU_CLI_TARGET_DECOMPRESS_H

#include <stddef.h>

/**
 * unpack_kernel() - Unpack a compressed kernel.
 * @from: The compressed bytes, @size of them; what follows the compressed stream is ignored.
 * @to: Out: the kernel, to be freed with free(); unchanged if it fails.
 * @length: Out: its size.
 * @how: Out: the name of the compression, a constant.
 *
 * Return: 0, -ENOTSUP if the compression is another one, -EBADMSG if the stream is damaged
 * or longer than a kernel can be, -ENOMEM.
 */
int unpack_kernel(const unsigned char *from, size_t size, unsigned char **to, size_t *length,
		  const char **how);

#endif /* IOLU_CLI_TARGET_DECOMPRESS_H */
