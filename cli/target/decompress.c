// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacking. The first bytes tell the compression; each kind is a function that fills a
 * buffer which grows. Debian's kernels are compressed with xz or zstd, self-made ones with
 * gzip by default; the other kinds that Linux knows are named, but not unpacked.
 */
#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "target/decompress.h"

#define KERNEL_MAX	(1ul << 30)
#define STEP		(8ul << 20)

struct buffer {
	unsigned char *data;
	size_t used, room;
};

/* There is room for at least one byte after it. */
static bool grow(struct buffer *to)
{
	unsigned char *data;

	if (to->used < to->room)
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

static int from_zstd(const unsigned char *from, size_t size, struct buffer *to)
{
	ZSTD_inBuffer in = { .src = from, .size = size };
	ZSTD_DStream *z = ZSTD_createDStream();
	size_t left = 1;

	if (!z)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 30);
	while (left && !ZSTD_isError(left) && grow(to)) {
		ZSTD_outBuffer out = { .dst = to->data, .size = to->room, .pos = to->used };
		size_t before = in.pos;

		left = ZSTD_decompressStream(z, &out, &in);
		if (out.pos == to->used && in.pos == before)
			break;
		to->used = out.pos;
	}
	ZSTD_freeDStream(z);
	return left ? -EBADMSG : 0;
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
	int (*unpack)(const unsigned char *from, size_t size, struct buffer *to);
} kinds[] = {
	{ "gzip", "\037\213", 2, from_gzip },
	{ "xz", "\3757zXZ", 6, from_lzma },
	{ "lzma", "\135\0\0", 3, from_lzma },
	{ "zstd", "\050\265\057\375", 4, from_zstd },
	{ "none", "\177ELF", 4, from_plain },
	{ "bzip2", "BZh", 3, NULL },
	{ "lz4", "\002\041\114\030", 4, NULL },
	{ "lzo", "\211LZO", 4, NULL },
};

int unpack_kernel(const unsigned char *from, size_t size, unsigned char **to, size_t *length,
		  const char **how)
{
	struct buffer out = {};
	size_t i;
	int rc;

	*how = "unknown";
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (size > kinds[i].length && !memcmp(from, kinds[i].magic, kinds[i].length))
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return -ENOTSUP;
	*how = kinds[i].name;
	if (!kinds[i].unpack)
		return -ENOTSUP;
	rc = kinds[i].unpack(from, size, &out);
	if (rc) {
		free(out.data);
		return rc;
	}
	*to = out.data;
	*length = out.used;
	return 0;
}
