// SPDX-License-Identifier: GPL-2.0
/* Calls on sessions, in both directions, and on the memfds in them. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "kapi/luo.h"
#include "story/vm.h"

static bool outgoing(const struct party *p)
{
	return !p->incoming && !p->stale && p->session >= 0;
}

static bool retrieved(const struct party *p)
{
	return p->incoming && !p->stale && p->session >= 0;
}

static bool may_create(const struct party *p)
{
	return !p->incoming && !p->stale && p->session < 0;
}

static int create(struct party *p, struct rng *r)
{
	int fd = luo_try_create(p->name);

	(void)r;
	if (fd >= 0)
		party_take(&p->session, fd);
	return fd;
}

static bool may_retrieve(const struct party *p)
{
	return p->incoming && !p->stale && p->session < 0;
}

static int retrieve(struct party *p, struct rng *r)
{
	int fd = luo_try_retrieve(p->name);

	(void)r;
	if (fd >= 0)
		party_take(&p->session, fd);
	if (fd == -ENOENT) {		/* closed with nothing left to retrieve: it is finished */
		p->incoming = false;
		p->stale = true;
	}
	return fd;
}

static bool may_make_memfd(const struct party *p)
{
	return !p->incoming && !p->stale && p->memfd < 0;
}

static int make_memfd(struct party *p, struct rng *r)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, FUZZ_SIZE) && rng_below(r, 8))
		fcntl(fd, F_ADD_SEALS, SEALS_FIXED);
	party_take(&p->memfd, fd);
	return 0;
}

static bool may_keep_memfd(const struct party *p)
{
	return outgoing(p) && !p->kept_memfd && p->memfd >= 0;
}

static int keep_memfd(struct party *p, struct rng *r)
{
	int rc = luo_preserve_fd(p->session, p->memfd, TOKEN_MEM(0));

	(void)r;
	if (!rc)
		p->kept_memfd = true;
	return rc;
}

static bool may_keep_iommufd(const struct party *p)
{
	return outgoing(p) && p->kept_memfd && !p->kept_iommufd && p->mapped && p->marked;
}

static int keep_iommufd(struct party *p, struct rng *r)
{
	int rc = luo_preserve_fd(p->session, p->iommufd, TOKEN_IOMMUFD);

	(void)r;
	if (!rc)
		p->kept_iommufd = true;
	return rc;
}

static bool may_keep_dev(const struct party *p)
{
	return outgoing(p) && p->kept_iommufd && !p->kept_dev && p->attached;
}

static int keep_dev(struct party *p, struct rng *r)
{
	int rc = luo_preserve_fd(p->session, p->dev, TOKEN_DEVICE(0));

	(void)r;
	if (!rc)
		p->kept_dev = true;
	return rc;
}

static bool may_get_memfd(const struct party *p)
{
	return retrieved(p) && p->memfd < 0;
}

static int get_memfd(struct party *p, struct rng *r)
{
	int fd = luo_retrieve_fd(p->session, TOKEN_MEM(0));

	(void)r;
	if (fd >= 0)
		party_take(&p->memfd, fd);
	return fd;
}

static bool may_get_iommufd(const struct party *p)
{
	return retrieved(p) && *p->bdf && p->iommufd < 0;
}

static int get_iommufd(struct party *p, struct rng *r)
{
	int fd = luo_retrieve_fd(p->session, TOKEN_IOMMUFD);

	(void)r;
	if (fd >= 0)
		party_take(&p->iommufd, fd);
	return fd;
}

static bool may_get_dev(const struct party *p)
{
	return retrieved(p) && *p->bdf && p->iommufd >= 0 && p->dev < 0;
}

static int get_dev(struct party *p, struct rng *r)
{
	int fd = luo_retrieve_fd(p->session, TOKEN_DEVICE(0));

	(void)r;
	if (fd >= 0)
		party_take(&p->dev, fd);
	return fd;
}

static bool may_finish(const struct party *p)
{
	return retrieved(p) && p->memfd >= 0 && (!*p->bdf || p->attached);
}

static int finish(struct party *p, struct rng *r)
{
	int rc = luo_finish(p->session);

	(void)r;
	if (rc)
		return rc;
	p->incoming = false;
	return party_close(&p->session);
}

static int discard(struct party *p, struct rng *r)
{
	int rc = luo_discard(p->session);

	(void)r;
	if (!rc) {
		p->incoming = false;
		p->stale = true;
	}
	return rc;
}

static bool may_close(const struct party *p)
{
	return p->session >= 0;
}

/* Before the kexec that undoes the preserve; after it the session can be retrieved again. */
static int close_session(struct party *p, struct rng *r)
{
	(void)r;
	p->kept_memfd = p->kept_iommufd = p->kept_dev = false;
	return party_close(&p->session);
}

/* As an operator does it, by name; the VMM can use the session for nothing else then. */
static int call_off(struct party *p, struct rng *r)
{
	int rc = luo_unpreserve(p->name);

	(void)r;
	if (rc)
		return rc;
	p->kept_memfd = p->kept_iommufd = p->kept_dev = false;
	return party_close(&p->session);
}

static bool has_any(const struct party *p)
{
	return p->session >= 0 || p->stale;
}

static int drop(struct party *p, struct rng *r)
{
	(void)r;
	party_drop(p);
	return 0;
}

const struct fuzz_call session_calls[] = {
	CALL("create", 20, 0, may_create, create),
	CALL("retrieve", 30, 0, may_retrieve, retrieve),
	CALL("make_memfd", 20, 0, may_make_memfd, make_memfd),
	CALL("preserve_memfd", 30, NEEDS_SESSION | NEEDS_MEMFD, may_keep_memfd, keep_memfd),
	CALL("preserve_iommufd", 40, NEEDS_SESSION | NEEDS_IOMMUFD, may_keep_iommufd, keep_iommufd),
	CALL("preserve_device", 40, NEEDS_SESSION | NEEDS_DEV, may_keep_dev, keep_dev),
	CALL("retrieve_memfd", 30, NEEDS_SESSION, may_get_memfd, get_memfd),
	CALL("retrieve_iommufd", 30, NEEDS_SESSION, may_get_iommufd, get_iommufd),
	SURE_CALL("retrieve_device", 30, NEEDS_SESSION, may_get_dev, get_dev),
	CALL("finish", 10, NEEDS_SESSION, may_finish, finish),
	SURE_CALL("discard", 1, NEEDS_SESSION, retrieved, discard),
	CALL("unpreserve_by_name", 1, 0, outgoing, call_off),
	SURE_CALL("close_session", 1, NEEDS_SESSION, may_close, close_session),
	SURE_CALL("drop_all", 1, NEEDS_SESSION, has_any, drop),
	{ .name = NULL },
};
