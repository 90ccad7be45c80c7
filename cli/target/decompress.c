// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompression. The first bytes identify the format; each format is a function that fills a
 * growing buffer. All formats that Linux offers are supported but lzo, for which the answer is
 * that it is not supported.
 */
#include <bzlib.h>
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "host/files.h"
#include "target/decompress.h"

#define KERNEL_MAX	(1ul << 30)
#define STEP		(8ul << 20)

/* Linux appends the size of the kernel, 4 bytes, to the payload. */
#define APPENDED	4

struct buffer {
	unsigned char *data;
	size_t used, room;
};

/* Make room for at least @n more bytes, at most STEP. */
static bool grow_by(struct buffer *to, size_t n)
{
	unsigned char *data;

	if (to->room - to->used >= n)
		return true;
	if (to->room >= KERNEL_MAX)
		return false;
	data = realloc(to->data, to->room + STEP);
	if (!data)
		return false;
	to->data = data;
	to->room += STEP;
	return true;
}

static bool grow(struct buffer *to)
{
	return grow_by(to, 1);
}

static int from_gzip(const unsigned char *from, size_t size, struct buffer *to)
{
	z_stream z = { .next_in = (unsigned char *)from, .avail_in = size };
	int rc = inflateInit2(&z, 15 + 16);

	while (rc == Z_OK && grow(to)) {
		z.next_out = to->data + to->used;
		z.avail_out = to->room - to->used;
		rc = inflate(&z, Z_NO_FLUSH);
		to->used = to->room - z.avail_out;
	}
	inflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : -EBADMSG;
}

/* xz, and the older lzma */
static int from_lzma(const unsigned char *from, size_t size, struct buffer *to)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_auto_decoder(&z, UINT64_MAX, 0);

	z.next_in = from;
	z.avail_in = size;
	while (rc == LZMA_OK && grow(to)) {
		z.next_out = to->data + to->used;
		z.avail_out = to->room - to->used;
		rc = lzma_code(&z, LZMA_RUN);
		to->used = to->room - z.avail_out;
	}
	lzma_end(&z);
	return rc == LZMA_STREAM_END ? 0 : -EBADMSG;
}

/* There may be several frames. */
static int from_zstd(const unsigned char *from, size_t size, struct buffer *to)
{
	ZSTD_inBuffer in = { .src = from, .size = size };
	ZSTD_DStream *z = ZSTD_createDStream();
	size_t left = 1;

	if (!z)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 30);
	while ((left || in.pos + APPENDED < size) && grow(to)) {
		ZSTD_outBuffer out = { .dst = to->data, .size = to->room, .pos = to->used };
		size_t before = in.pos;

		left = ZSTD_decompressStream(z, &out, &in);
		if (ZSTD_isError(left) || (out.pos == to->used && in.pos == before))
			break;
		to->used = out.pos;
	}
	ZSTD_freeDStream(z);
	return left || in.pos + APPENDED < size ? -EBADMSG : 0;
}

static int from_bzip2(const unsigned char *from, size_t size, struct buffer *to)
{
	bz_stream z = { .next_in = (char *)from, .avail_in = size };
	int rc = BZ2_bzDecompressInit(&z, 0, 0);

	while (rc == BZ_OK && grow(to)) {
		z.next_out = (char *)to->data + to->used;
		z.avail_out = to->room - to->used;
		if (!z.avail_in)
			break;
		rc = BZ2_bzDecompress(&z);
		to->used = to->room - z.avail_out;
	}
	BZ2_bzDecompressEnd(&z);
	return rc == BZ_STREAM_END ? 0 : -EBADMSG;
}

#define LZ4_MAGIC	0x184c2102

/* The legacy format of lz4: blocks of up to 8 MiB, each behind its compressed size */
static int from_lz4(const unsigned char *from, size_t size, struct buffer *to)
{
	size_t at = 0;

	while (at + APPENDED < size) {
		uint32_t n = le32(from + at);
		int got;

		at += 4;
		if (n == LZ4_MAGIC)
			continue;
		if (n > size - at || !grow_by(to, STEP))
			return -EBADMSG;
		got = LZ4_decompress_safe((const char *)from + at, (char *)to->data + to->used,
					  n, STEP);
		if (got < 0)
			return -EBADMSG;
		to->used += got;
		at += n;
	}
	return 0;
}

static int from_plain(const unsigned char *from, size_t size, struct buffer *to)
{
	to->data = malloc(size);
	if (!to->data)
		return -ENOMEM;
	memcpy(to->data, from, size);
	to->used = size;
	return 0;
}

static const struct {
	const char *name, *magic;
	size_t length;
	int (*decompress)(const unsigned char *from, size_t size, struct buffer *to);
} kinds[] = {
	{ "gzip", "\037\213", 2, from_gzip },
	{ "xz", "\3757zXZ", 6, from_lzma },
	{ "lzma", "\135\0\0", 3, from_lzma },
	{ "zstd", "\050\265\057\375", 4, from_zstd },
	{ "none", "\177ELF", 4, from_plain },
	{ "bzip2", "BZh", 3, from_bzip2 },
	{ "lz4", "\002\041\114\030", 4, from_lz4 },
	{ "lzo", "\211LZO", 4, NULL },
};

int decompress_kernel(const unsigned char *from, size_t size, unsigned char **to,
		      size_t *length, const char **name)
{
	struct buffer out = {};
	size_t i;
	int rc;

	*name = "unknown";
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (size > kinds[i].length && !memcmp(from, kinds[i].magic, kinds[i].length))
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return -ENOTSUP;
	*name = kinds[i].name;
	if (!kinds[i].decompress)
		return -ENOTSUP;
	rc = kinds[i].decompress(from, size, &out);
	if (rc) {
		free(out.data);
		return rc;
	}
	*to = out.data;
	*length = out.used;
	return 0;
}
