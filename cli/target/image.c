// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel images.
 *
 * The header of a bzImage for boot loaders locates the compressed kernel in the file (since
 * boot protocol 2.08; Documentation/arch/x86/boot.rst). The kernel contains the names of the
 * formats that it reads ("iommufd-v1") as NUL-terminated texts, because KHO and LUO compare
 * them with those of the previous kernel. A kernel without such a text cannot take over that
 * kind of object, whatever its version. Layouts of records ("iommu-domain-v1") are such texts
 * too.
 *
 * The file is not trusted: all offsets are checked against its size.
 */
#define _GNU_SOURCE 1

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/image.h"
#include "target/decompress.h"

#define SECTOR			512
#define AT_SETUP_SECTS		0x1f1
#define AT_MAGIC		0x202
#define AT_PROTOCOL		0x206
#define AT_RELEASE		0x20e
#define AT_CMDLINE_SIZE		0x238
#define AT_PAYLOAD_OFFSET	0x248
#define AT_PAYLOAD_LENGTH	0x24c
#define AT_INIT_SIZE		0x260
#define HEADER_END		0x264
#define PROTOCOL_WITH_PAYLOAD	0x208

#define IMAGE_MAX		(1ul << 30)
#define READ_STEP		(4ul << 20)

static uint32_t number(const unsigned char *at, int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* Read a file or pipe to its end. */
static int read_all(FILE *f, unsigned char **data, size_t *size)
{
	unsigned char *more;
	size_t n;

	for (*size = 0; *size < IMAGE_MAX; *size += n) {
		more = realloc(*data, *size + READ_STEP);
		if (!more)
			return -ENOMEM;
		*data = more;
		n = fread(*data + *size, 1, READ_STEP, f);
		if (ferror(f))
			return -errno;
		if (!n)
			return 0;
	}
	return -EFBIG;
}

int image_read(const char *path, unsigned char **data, size_t *size)
{
	FILE *f = fopen(path, "re");
	int rc;

	if (!f)
		return -errno;
	rc = read_all(f, data, size);
	fclose(f);
	return rc;
}

static void read_release(struct image *image, const unsigned char *data, size_t size)
{
	size_t at = number(data + AT_RELEASE, 2) + SECTOR, n = 0;

	while (at > SECTOR && at + n < size && n + 1 < sizeof(image->release) &&
	       isgraph(data[at + n])) {
		image->release[n] = data[at + n];
		n++;
	}
	image->release[n] = '\0';
}

/* Locate the compressed kernel in the file; false if this is no bzImage that locates it. */
static bool find_payload(const unsigned char *data, size_t size, size_t *at, size_t *length)
{
	unsigned int sectors;

	if (size < HEADER_END || memcmp(data + AT_MAGIC, "HdrS", 4) ||
	    number(data + AT_PROTOCOL, 2) < PROTOCOL_WITH_PAYLOAD)
		return false;
	sectors = data[AT_SETUP_SECTS] ? data[AT_SETUP_SECTS] : 4;
	*at = (size_t)(sectors + 1) * SECTOR + number(data + AT_PAYLOAD_OFFSET, 4);
	*length = number(data + AT_PAYLOAD_LENGTH, 4);
	return *length && *at < size && *length <= size - *at;
}

static int decompress(struct image *image, const unsigned char *data, size_t size,
		      const char **why)
{
	size_t at, length;
	int rc;

	if (!find_payload(data, size, &at, &length)) {
		*why = "not a bzImage";
		return -ENOEXEC;
	}
	read_release(image, data, size);
	image->cmdline_max = number(data + AT_CMDLINE_SIZE, 4);
	image->memory = number(data + AT_INIT_SIZE, 4);
	rc = decompress_kernel(data + at, length, &image->kernel, &image->size,
			       &image->compression);
	*why = rc == -ENOTSUP ? "compressed in a way that iolu does not support" :
	       rc ? "damaged: the payload cannot be decompressed" : NULL;
	return rc;
}

int image_open(struct image *image, const char *path, const char **why)
{
	unsigned char *data = NULL;
	size_t size = 0;
	int rc;

	*image = (struct image){};
	rc = image_read(path, &data, &size);
	if (rc)
		*why = strerror(-rc);
	else
		rc = decompress(image, data, size, why);
	free(data);
	return rc;
}

void image_close(struct image *image)
{
	free(image->kernel);
	image->kernel = NULL;
}

static bool in_word(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '-';
}

/* The next @text from @from on that is not the end of a longer word */
static const unsigned char *find(const struct image *image, const unsigned char *from,
				 const char *text)
{
	const unsigned char *end = image->kernel + image->size;
	size_t len = strlen(text);

	while ((from = memmem(from, end - from, text, len))) {
		if (from == image->kernel || !in_word(from[-1]))
			return from;
		from++;
	}
	return NULL;
}

bool image_has(const struct image *image, const char *text)
{
	const unsigned char *at = image->kernel, *end = at + image->size;
	size_t len = strlen(text);

	for (; at && (at = find(image, at, text)); at++)
		if (at + len < end && !at[len])
			return true;
	return false;
}

unsigned int image_version(const struct image *image, const char *name)
{
	const unsigned char *at = image->kernel, *end = at + image->size;
	unsigned int version, best = 0;
	char text[64];

	if (!at)
		return 0;
	snprintf(text, sizeof(text), "%s-v", name);
	for (; (at = find(image, at, text)); at++) {
		const unsigned char *digit = at + strlen(text);

		version = 0;
		while (digit < end && isdigit(*digit) && version < 10000)
			version = version * 10 + *digit++ - '0';
		if (digit < end && !*digit && version > best)
			best = version;
	}
	return best;
}
