/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of iommufd_liveupdate.c: the ioctl that lists the areas of an IOAS. */
#ifndef __SELFTEST_IOMMUFD_LIVEUPDATE_AREA
#define __SELFTEST_IOMMUFD_LIVEUPDATE_AREA

#include <sys/stat.h>

#include "iommufd_liveupdate_utils.h"

#define MANY_AREAS	500

static int area(int fd, __u32 ioas, __u64 iova, struct iommu_ioas_liveupdate_area *arg)
{
	*arg = (struct iommu_ioas_liveupdate_area){
		.size = sizeof(*arg),
		.ioas_id = ioas,
		.iova = iova,
	};
	return call(fd, IOMMU_IOAS_LIVEUPDATE_AREA, arg);
}

static int is_file_of(const struct iommu_ioas_liveupdate_area *got, int fd)
{
	struct stat st;

	return !fstat(fd, &st) && got->out_dev == st.st_dev && got->out_inode == st.st_ino;
}

static int map_part(int fd, __u32 ioas, int file, __u64 offset, __u64 length, __u64 iova,
		    __u32 flags)
{
	return _test_ioctl_ioas_map_file(fd, ioas, file, offset, length, &iova,
					 IOMMU_IOAS_MAP_FIXED_IOVA | flags) ? -errno : 0;
}

TEST_F(liveupdate, area_arguments)
{
	struct {
		struct iommu_ioas_liveupdate_area area;
		__u64 behind;
	} arg = {
		.area = { .size = sizeof(arg.area) - 8, .ioas_id = self->ioas_id },
	};
	void *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE,
			  -1, 0);

	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_IOAS_LIVEUPDATE_AREA, &arg));
	arg.area.size = sizeof(arg);
	arg.behind = 1;
	EXPECT_EQ(-E2BIG, call(self->fd, IOMMU_IOAS_LIVEUPDATE_AREA, &arg));
	arg.behind = 0;
	arg.area.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_IOAS_LIVEUPDATE_AREA, &arg));
	arg.area.flags = 0;
	EXPECT_EQ(0, call(self->fd, IOMMU_IOAS_LIVEUPDATE_AREA, &arg));
	EXPECT_EQ(-ENOENT, area(self->fd, self->hwpt_id, 0, &arg.area));
	EXPECT_EQ(-ENOENT, area(self->fd, 0x7fffffff, 0, &arg.area));

	/* The answer cannot be written */
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, area(self->fd, self->ioas_id, 0, page));
	ASSERT_EQ(0, mprotect(page, PAGE_SIZE, PROT_READ));
	EXPECT_EQ(-EFAULT, call(self->fd, IOMMU_IOAS_LIVEUPDATE_AREA, page));
	munmap(page, PAGE_SIZE);
}

/* A memfd, a part of it that is read-only, and memory without a file */
TEST_F(liveupdate, area_kinds)
{
	const __u32 readable = IOMMU_LIVEUPDATE_AREA_READABLE;
	struct iommu_ioas_liveupdate_area got;

	ASSERT_EQ(0, map_part(self->fd, self->ioas_id, self->memfd, 4 * PAGE_SIZE, 2 * PAGE_SIZE,
			      IOVA + 2 * MAPPED, IOMMU_IOAS_MAP_READABLE));
	ASSERT_EQ(0, map_anonymous(self->fd, self->ioas_id, IOVA + 3 * MAPPED));

	EXPECT_EQ(0, area(self->fd, self->ioas_id, 0, &got));
	EXPECT_EQ(IOVA, got.iova);
	EXPECT_EQ(MAPPED, got.out_length);
	EXPECT_EQ(readable | IOMMU_LIVEUPDATE_AREA_WRITEABLE | IOMMU_LIVEUPDATE_AREA_FILE,
		  got.out_flags);
	EXPECT_EQ(0, got.out_offset);
	EXPECT_TRUE(is_file_of(&got, self->memfd));

	EXPECT_EQ(0, area(self->fd, self->ioas_id, IOVA + 2 * MAPPED + PAGE_SIZE, &got));
	EXPECT_EQ(IOVA + 2 * MAPPED, got.iova);
	EXPECT_EQ(2 * PAGE_SIZE, got.out_length);
	EXPECT_EQ(readable | IOMMU_LIVEUPDATE_AREA_FILE, got.out_flags);
	EXPECT_EQ(4 * PAGE_SIZE, got.out_offset);
	EXPECT_TRUE(is_file_of(&got, self->memfd));

	EXPECT_EQ(0, area(self->fd, self->ioas_id, IOVA + 3 * MAPPED, &got));
	EXPECT_EQ(readable, got.out_flags);
	EXPECT_EQ(0, got.out_offset);
	EXPECT_EQ(0, got.out_dev);
	EXPECT_EQ(0, got.out_inode);

	EXPECT_EQ(-ENOENT, area(self->fd, self->ioas_id, IOVA + 4 * MAPPED, &got));
}

/* A caller finds each of many areas by continuing behind the one before it */
TEST_F(liveupdate, area_many)
{
	struct iommu_ioas_liveupdate_area got;
	__u64 iova = IOVA + MAPPED;
	int i;

	for (i = 0; i < MANY_AREAS; i++)
		ASSERT_EQ(0, map_part(self->fd, self->ioas_id, self->memfd,
				      i % 64 * PAGE_SIZE, PAGE_SIZE, iova + 2 * i * PAGE_SIZE,
				      IOMMU_IOAS_MAP_READABLE));
	for (i = 0; !area(self->fd, self->ioas_id, iova, &got); i++) {
		EXPECT_EQ(IOVA + MAPPED + 2 * i * PAGE_SIZE, got.iova);
		EXPECT_EQ(PAGE_SIZE, got.out_length);
		EXPECT_EQ(i % 64 * PAGE_SIZE, got.out_offset);
		iova = got.iova + got.out_length;
	}
	EXPECT_EQ(MANY_AREAS, i);
	EXPECT_EQ(-ENOENT, area(self->fd, self->ioas_id, iova, &got));
}

#endif /* __SELFTEST_IOMMUFD_LIVEUPDATE_AREA */
