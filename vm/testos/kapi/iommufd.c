// SPDX-License-Identifier: GPL-2.0
/*
 * The iommufd ioctls that testos uses, one function each, all returning 0 or -errno.
 *
 * A VM's memory is mapped by file only: a mapping of user addresses has no identity that could
 * be rebuilt in the next kernel. ioas_map_user() is there to see it refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "kapi/iommufd.h"
#include "os/util.h"

int iommufd_open(void)
{
	return must_open("/dev/iommu", O_RDWR);
}

int ioas_alloc(int iommufd, uint32_t *ioas)
{
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };
	int rc = try_ioctl(iommufd, IOMMU_IOAS_ALLOC, &arg);

	*ioas = arg.out_ioas_id;
	return rc;
}

static uint32_t map_flags(const struct area *a)
{
	return IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
	       (a->writable ? IOMMU_IOAS_MAP_WRITEABLE : 0);
}

int ioas_map(int iommufd, uint32_t ioas, int memfd, const struct area *a)
{
	struct iommu_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = map_flags(a),
		.ioas_id = ioas,
		.fd = memfd,
		.start = a->offset,
		.length = a->length,
		.iova = a->iova,
	};

	return try_ioctl(iommufd, IOMMU_IOAS_MAP_FILE, &arg);
}

int ioas_map_user(int iommufd, uint32_t ioas, const void *at, const struct area *a)
{
	struct iommu_ioas_map arg = {
		.size = sizeof(arg),
		.flags = map_flags(a),
		.ioas_id = ioas,
		.user_va = (uintptr_t)at,
		.length = a->length,
		.iova = a->iova,
	};

	return try_ioctl(iommufd, IOMMU_IOAS_MAP, &arg);
}

int ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, uint64_t length)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg), .ioas_id = ioas, .iova = iova, .length = length,
	};

	return try_ioctl(iommufd, IOMMU_IOAS_UNMAP, &arg);
}

static int alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t flags, uint32_t *hwpt)
{
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .dev_id = dev, .pt_id = ioas, .flags = flags,
		.data_type = IOMMU_HWPT_DATA_NONE,
	};
	int rc = try_ioctl(iommufd, IOMMU_HWPT_ALLOC, &arg);

	*hwpt = arg.out_hwpt_id;
	return rc;
}

int hwpt_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt)
{
	return alloc(iommufd, dev, ioas, 0, hwpt);
}

/* For a device of which PASIDs are attached, too */
int hwpt_alloc_pasid(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt)
{
	return alloc(iommufd, dev, ioas, IOMMU_HWPT_ALLOC_PASID, hwpt);
}

int iommufd_destroy(int iommufd, uint32_t id)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = id };

	return try_ioctl(iommufd, IOMMU_DESTROY, &arg);
}

static int mark_hwpt(int iommufd, uint32_t hwpt, uint64_t token, uint32_t flags)
{
	struct iommu_hwpt_liveupdate_mark arg = {
		.size = sizeof(arg), .flags = flags, .hwpt_id = hwpt, .token = token,
	};

	return try_ioctl(iommufd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg);
}

int hwpt_mark(int iommufd, uint32_t hwpt, uint64_t token)
{
	return mark_hwpt(iommufd, hwpt, token, 0);
}

int hwpt_unmark(int iommufd, uint32_t hwpt)
{
	return mark_hwpt(iommufd, hwpt, 0, IOMMU_LIVEUPDATE_MARK_CLEAR);
}

static int adopt(int iommufd, uint32_t ioas, uint64_t token, uint32_t flags,
		 struct adoption *out)
{
	struct iommu_hwpt_liveupdate_adopt arg = {
		.size = sizeof(arg), .flags = flags, .ioas_id = ioas, .token = token,
	};
	int rc = try_ioctl(iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg);

	*out = (struct adoption){ arg.out_hwpt_id, arg.out_bad_iova, arg.out_bytes };
	return rc;
}

int hwpt_adopt(int iommufd, uint32_t ioas, uint64_t token, struct adoption *out)
{
	return adopt(iommufd, ioas, token, 0, out);
}

int hwpt_verify(int iommufd, uint32_t ioas, uint64_t token, struct adoption *out)
{
	return adopt(iommufd, ioas, token, IOMMU_LIVEUPDATE_ADOPT_VERIFY, out);
}

int hwpt_take(int iommufd, uint32_t ioas, uint64_t token, uint32_t *hwpt)
{
	struct adoption got;
	int rc = adopt(iommufd, ioas, token, IOMMU_LIVEUPDATE_ADOPT_NO_IOAS, &got);

	*hwpt = got.hwpt;
	return rc;
}

int hwpt_may_replace(int iommufd, uint32_t dev, uint32_t hwpt)
{
	struct iommu_liveupdate_may_replace arg = {
		.size = sizeof(arg), .dev_id = dev, .hwpt_id = hwpt,
	};
	int rc = try_ioctl(iommufd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg);

	return rc ? rc : !!(arg.out_flags & IOMMU_LIVEUPDATE_REPLACE_NO_GAP);
}

int hwpt_query(int iommufd, uint32_t index, struct iommu_liveupdate_query *out)
{
	*out = (struct iommu_liveupdate_query){ .size = sizeof(*out), .index = index };
	return try_ioctl(iommufd, IOMMU_LIVEUPDATE_QUERY, out);
}
