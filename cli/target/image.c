// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking into a kernel image.
 *
 * A bzImage has a small header for boot loaders, which tells where in the file the compressed
 * kernel is (boot protocol 2.08 on). The kernel itself carries the names of the handover
 * formats that it can read ("iommufd-v1" and so on) as NUL-terminated texts: LUO and KHO
 * compare them when they take something over. So a kernel without such a text cannot take
 * that kind of thing over, whatever its version. The same is true of the layouts of single
 * records ("iommu-domain-v1"), which a kernel with the feature names as texts for this reader.
 *
 * Nothing here trusts the file: all offsets are checked against its size.
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
#define AT_PAYLOAD_OFFSET	0x248
#define AT_PAYLOAD_LENGTH	0x24c
#define HEADER_END		0x250
#define PROTOCOL_WITH_PAYLOAD	0x208

#define IMAGE_MAX		(1ul << 30)

static uint32_t number(const unsigned char *at, int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static int read_file(const char *path, unsigned char **data, size_t *size)
{
	FILE *f = fopen(path, "re");
	long end;
	int rc = 0;

	if (!f)
		return -errno;
	if (fseek(f, 0, SEEK_END) || (end = ftell(f)) < 0 || (size_t)end > IMAGE_MAX ||
	    fseek(f, 0, SEEK_SET)) {
		fclose(f);
		return -EFBIG;
	}
	*size = end;
	*data = malloc(end + 1);
	if (!*data)
		rc = -ENOMEM;
	else if (fread(*data, 1, *size, f) != *size)
		rc = -EIO;
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

/* Where the compressed kernel is in the file; false if this is no bzImage that tells. */
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

static int unpack(struct image *image, const unsigned char *data, size_t size,
		  const char **why)
{
	size_t at, length;
	int rc;

	if (!find_payload(data, size, &at, &length)) {
		*why = "is no bzImage";
		return -ENOEXEC;
	}
	read_release(image, data, size);
	rc = unpack_kernel(data + at, length, &image->kernel, &image->size,
			   &image->compression);
	*why = rc == -ENOTSUP ? "is compressed in a way that cannot be looked into here" :
	       rc ? "cannot be unpacked: it is damaged" : NULL;
	return rc;
}

int image_open(struct image *image, const char *path, const char **why)
{
	unsigned char *data = NULL;
	size_t size = 0;
	int rc;

	*image = (struct image){};
	rc = read_file(path, &data, &size);
	if (rc)
		*why = strerror(-rc);
	else
		rc = unpack(image, data, size, why);
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

/* The next place of @text from @from on, not as the rest of a longer word */
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

bool image_says(const struct image *image, const char *text)
{
	return image->kernel && memmem(image->kernel, image->size, text, strlen(text));
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
