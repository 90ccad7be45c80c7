// SPDX-License-Identifier: GPL-2.0
/* Calls on an iommufd: IOAS, HWPT, mark, adopt, query. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "kapi/iommufd.h"
#include "story/vm.h"

static const struct area area = { .iova = VM_RAM_IOVA, .length = FUZZ_SIZE, .writable = 1 };

static bool may_open(const struct party *p)
{
	return !p->incoming && !p->stale && p->iommufd < 0;
}

static int open_iommufd(struct party *p, struct rng *r)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	(void)r;
	if (fd < 0)
		return -errno;
	party_take(&p->iommufd, fd);
	return 0;
}

static bool may_alloc_ioas(const struct party *p)
{
	return party_may_change(p) && p->iommufd >= 0 && !p->ioas;
}

static int alloc_ioas(struct party *p, struct rng *r)
{
	uint32_t ioas;
	int rc = ioas_alloc(p->iommufd, &ioas);

	(void)r;
	if (!rc && p->ioas) {
		iommufd_destroy(p->iommufd, ioas);
	} else if (!rc) {
		p->ioas = ioas;
		p->mapped = false;
	}
	return rc;
}

static bool may_map(const struct party *p)
{
	return party_may_change(p) && p->ioas && !p->mapped && p->memfd >= 0;
}

static int map(struct party *p, struct rng *r)
{
	int rc = ioas_map(p->iommufd, p->ioas, p->memfd, &area);

	(void)r;
	if (!rc)
		p->mapped = true;
	return rc;
}

static bool may_unmap(const struct party *p)
{
	return party_may_change(p) && p->mapped;
}

static int unmap(struct party *p, struct rng *r)
{
	int rc = ioas_unmap(p->iommufd, p->ioas, area.iova, area.length);

	(void)r;
	if (rc >= 0)
		p->mapped = false;
	return rc;
}

static bool may_alloc_hwpt(const struct party *p)
{
	return party_may_change(p) && !p->incoming && p->id && p->ioas && !p->hwpt;
}

static int alloc_hwpt(struct party *p, struct rng *r)
{
	uint32_t hwpt;
	int rc = hwpt_alloc(p->iommufd, p->id, p->ioas, &hwpt);

	(void)r;
	if (!rc && p->hwpt) {
		iommufd_destroy(p->iommufd, hwpt);
	} else if (!rc) {
		p->hwpt = hwpt;
		p->marked = false;
	}
	return rc;
}

static bool may_mark(const struct party *p)
{
	return party_may_change(p) && p->hwpt && !p->marked;
}

static int mark_hwpt(struct party *p, struct rng *r)
{
	int rc = hwpt_mark(p->iommufd, p->hwpt, FUZZ_TOKEN);

	(void)r;
	if (!rc)
		p->marked = true;
	return rc;
}

static bool may_unmark(const struct party *p)
{
	return party_may_change(p) && p->marked;
}

static int unmark(struct party *p, struct rng *r)
{
	int rc = hwpt_unmark(p->iommufd, p->hwpt);

	(void)r;
	if (!rc)
		p->marked = false;
	return rc;
}

static bool may_adopt(const struct party *p)
{
	return p->incoming && !p->stale && p->session >= 0 && p->id && p->mapped && !p->hwpt;
}

static int adopt(struct party *p, struct rng *r)
{
	struct adoption got;
	int rc = hwpt_adopt(p->iommufd, p->ioas, FUZZ_TOKEN, &got);

	(void)r;
	if (!rc) {
		p->hwpt = got.hwpt;
		p->marked = true;
	}
	return rc;
}

static int verify(struct party *p, struct rng *r)
{
	struct adoption got;

	(void)r;
	return hwpt_verify(p->iommufd, p->ioas, FUZZ_TOKEN, &got);
}

static bool may_take(const struct party *p)
{
	return p->incoming && !p->stale && p->session >= 0 && p->id && !p->hwpt;
}

/* An HWPT without an IOAS. Its session can be discarded; it ends otherwise when the device moves. */
static int take(struct party *p, struct rng *r)
{
	uint32_t hwpt;
	int rc = hwpt_take(p->iommufd, 0, FUZZ_TOKEN, &hwpt);

	(void)r;
	if (!rc)
		p->hwpt = hwpt;
	return rc;
}

static bool may_ask(const struct party *p)
{
	return !p->stale && p->id && p->hwpt;
}

static int ask(struct party *p, struct rng *r)
{
	int rc = hwpt_may_replace(p->iommufd, p->id, p->hwpt);

	(void)r;
	return rc < 0 ? rc : 0;
}

static bool may_query(const struct party *p)
{
	return !p->stale && p->marked;
}

static int query(struct party *p, struct rng *r)
{
	struct iommu_liveupdate_query q;

	(void)r;
	return hwpt_query(p->iommufd, 0, &q);
}

static bool may_destroy_hwpt(const struct party *p)
{
	return party_may_change(p) && p->hwpt && !p->attached;
}

static int destroy_hwpt(struct party *p, struct rng *r)
{
	int rc = iommufd_destroy(p->iommufd, p->hwpt);

	(void)r;
	if (!rc) {
		p->hwpt = 0;
		p->marked = false;
	}
	return rc;
}

static bool may_destroy_ioas(const struct party *p)
{
	return party_may_change(p) && p->ioas && !p->hwpt && !p->attached;
}

static int destroy_ioas(struct party *p, struct rng *r)
{
	int rc = iommufd_destroy(p->iommufd, p->ioas);

	(void)r;
	if (!rc) {
		p->ioas = 0;
		p->mapped = false;
	}
	return rc;
}

const struct fuzz_call iommufd_calls[] = {
	CALL("open_iommufd", 20, 0, may_open, open_iommufd),
	CALL("ioas_alloc", 20, NEEDS_IOMMUFD, may_alloc_ioas, alloc_ioas),
	CALL("map", 20, NEEDS_IOMMUFD | NEEDS_MEMFD, may_map, map),
	CALL("unmap", 1, NEEDS_IOMMUFD, may_unmap, unmap),
	CALL("hwpt_alloc", 20, NEEDS_IOMMUFD, may_alloc_hwpt, alloc_hwpt),
	CALL("mark", 20, NEEDS_IOMMUFD, may_mark, mark_hwpt),
	CALL("unmark", 1, NEEDS_IOMMUFD, may_unmark, unmark),
	CALL("adopt", 30, NEEDS_IOMMUFD, may_adopt, adopt),
	CALL("verify", 10, NEEDS_IOMMUFD, may_adopt, verify),
	CALL("take", 2, NEEDS_IOMMUFD, may_take, take),
	CALL("may_replace", 5, NEEDS_IOMMUFD, may_ask, ask),
	CALL("query", 10, NEEDS_IOMMUFD, may_query, query),
	CALL("destroy_hwpt", 1, NEEDS_IOMMUFD, may_destroy_hwpt, destroy_hwpt),
	CALL("destroy_ioas", 1, NEEDS_IOMMUFD, may_destroy_ioas, destroy_ioas),
	{ .name = NULL },
};
