// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's CPR state: its table of descriptors and the ids of its vfio devices.
 *
 *	be32 "QCPR", be32 1
 *	for each descriptor: u8 1, be32 length of the name with NUL, name, be32 id, be32 number
 *	u8 0
 *	u8 5, u8 length, "CprState/vfio devices", be32 1
 *	for each device: u8 1, be32 length of the name with NUL, name, be32 id, IOAS, HWPT
 *	u8 0
 *
 * QEMU writes the second part, which may be empty, if it is built with vfio. The format is no interface of QEMU, so
 * each byte is checked, and any other content is refused: before anything is preserved.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpr.h"

#define MAGIC		0x51435052u	/* "QCPR" */
#define VERSION		1u
#define SUBSECTION	5u		/* of a VMState */
#define DEVICES		"CprState/vfio devices"

/* The part that is not read yet; NULL after a read beyond the end */
struct reader {
	const uint8_t *at, *end;
};

static const void *take(struct reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if (!at || (size_t)(r->end - at) < n) {
		r->at = NULL;
		return NULL;
	}
	r->at += n;
	return at;
}

static uint8_t take_byte(struct reader *r)
{
	const uint8_t *at = take(r, 1);

	return at ? *at : 0xff;
}

static uint32_t take_number(struct reader *r)
{
	const void *at = take(r, sizeof(uint32_t));
	uint32_t n = 0;

	if (at)
		memcpy(&n, at, sizeof(n));
	return ntohl(n);
}

/* A name has no NUL but its last byte, and is not empty. */
static bool take_name(struct reader *r, char name[CPR_NAME])
{
	uint32_t n = take_number(r);
	const char *at = n > 1 && n <= CPR_NAME ? take(r, n) : NULL;

	if (!at || memchr(at, '\0', n) != at + n - 1)
		return false;
	memcpy(name, at, n);
	return true;
}

static int bad(const char *what)
{
	return cpr_fail(-EBADMSG, "the CPR state is not as QEMU 11.1 writes it: %s", what);
}

static int parse_fd(struct cpr *cpr, struct reader *r)
{
	struct cpr_fd *fd = &cpr->fds[cpr->nfds];

	if (cpr->nfds == CPR_MAX_FDS)
		return bad("too many descriptors");
	if (!take_name(r, fd->name))
		return bad("the name of a descriptor");
	fd->id = take_number(r);
	fd->fd = take_number(r);
	if (!r->at || fd->fd < 0)
		return bad("the number of a descriptor");
	if (fd->id >= CPR_MAX_FDS)
		return bad("the id of a descriptor");
	cpr->nfds++;
	return 0;
}

static int parse_device(struct cpr *cpr, struct reader *r)
{
	struct cpr_device *device = &cpr->devices[cpr->ndevices];

	if (cpr->ndevices == CPR_MAX_DEVICES)
		return bad("too many devices");
	if (!take_name(r, device->name))
		return bad("the name of a device");
	device->id = take_number(r);
	device->ioas = take_number(r);
	device->hwpt = take_number(r);
	if (!r->at)
		return bad("the ids of a device");
	cpr->ndevices++;
	return 0;
}

static int parse_list(struct cpr *cpr, struct reader *r,
		      int (*parse)(struct cpr *cpr, struct reader *r))
{
	uint8_t more;
	int rc;

	while ((more = take_byte(r)) == 1) {
		rc = parse(cpr, r);
		if (rc)
			return rc;
	}
	return more ? bad("the end of a list") : 0;
}

static int parse_devices(struct cpr *cpr, struct reader *r)
{
	size_t n = strlen(DEVICES);
	const void *name;

	if (take_byte(r) != SUBSECTION || take_byte(r) != n)
		return bad("the head of the devices");
	name = take(r, n);
	if (!name || memcmp(name, DEVICES, n))
		return bad("an unknown part");
	if (take_number(r) != 1)
		return bad("the version of the devices");
	cpr->lists_devices = true;
	return parse_list(cpr, r, parse_device);
}

int cpr_parse(struct cpr *cpr, const void *bytes, size_t size)
{
	struct reader r = { bytes, (const uint8_t *)bytes + size };
	int rc;

	memset(cpr, 0, sizeof(*cpr));
	if (take_number(&r) != MAGIC || take_number(&r) != VERSION)
		return bad("its magic number or version");
	rc = parse_list(cpr, &r, parse_fd);
	if (!rc && r.at != r.end)
		rc = parse_devices(cpr, &r);
	if (!rc && r.at != r.end)
		rc = bad("there is more at its end");
	return rc;
}

/* -- writing -- */

struct writer {
	uint8_t *bytes;
	size_t n;
};

static void put(struct writer *w, const void *data, size_t n)
{
	memcpy(w->bytes + w->n, data, n);
	w->n += n;
}

static void put_byte(struct writer *w, uint8_t byte)
{
	put(w, &byte, 1);
}

static void put_number(struct writer *w, uint32_t number)
{
	number = htonl(number);
	put(w, &number, sizeof(number));
}

static void put_name(struct writer *w, const char *name)
{
	put_byte(w, 1);
	put_number(w, strlen(name) + 1);
	put(w, name, strlen(name) + 1);
}

static void put_devices(struct writer *w, const struct cpr *cpr)
{
	uint32_t i;

	put_byte(w, SUBSECTION);
	put_byte(w, strlen(DEVICES));
	put(w, DEVICES, strlen(DEVICES));
	put_number(w, 1);
	for (i = 0; i < cpr->ndevices; i++) {
		put_name(w, cpr->devices[i].name);
		put_number(w, cpr->devices[i].id);
		put_number(w, cpr->devices[i].ioas);
		put_number(w, cpr->devices[i].hwpt);
	}
	put_byte(w, 0);
}

int cpr_write(const struct cpr *cpr, uint8_t **bytes, size_t *size)
{
	size_t most = 64 + (cpr->nfds + cpr->ndevices) * (CPR_NAME + 20ul);
	struct writer w = { .bytes = malloc(most) };
	uint32_t i;

	if (!w.bytes)
		return cpr_fail(-ENOMEM, "no memory for the CPR state");
	put_number(&w, MAGIC);
	put_number(&w, VERSION);
	for (i = 0; i < cpr->nfds; i++) {
		put_name(&w, cpr->fds[i].name);
		put_number(&w, cpr->fds[i].id);
		put_number(&w, cpr->fds[i].fd);
	}
	put_byte(&w, 0);
	if (cpr->lists_devices)
		put_devices(&w, cpr);
	*bytes = w.bytes;
	*size = w.n;
	return 0;
}
