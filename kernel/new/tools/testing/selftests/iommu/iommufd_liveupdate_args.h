/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of iommufd_liveupdate.c: the arguments of the ioctls. Nothing arrives by a kexec. */
#ifndef __SELFTEST_IOMMUFD_LIVEUPDATE_ARGS
#define __SELFTEST_IOMMUFD_LIVEUPDATE_ARGS

#include "iommufd_liveupdate_utils.h"

TEST_F(liveupdate, mark_arguments)
{
	struct {
		struct iommu_hwpt_liveupdate_mark mark;
		__u64 behind;
	} arg = {
		.mark = { .size = sizeof(arg.mark) - 8, .hwpt_id = self->hwpt_id, .token = TOKEN },
	};

	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg));
	arg.mark.size = sizeof(arg);
	arg.behind = 1;
	EXPECT_EQ(-E2BIG, call(self->fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg));
	arg.behind = 0;
	arg.mark.flags = 1U << 31;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg));
	arg.mark.flags = IOMMU_LIVEUPDATE_MARK_CLEAR;
	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg));
	arg.mark.flags = 0;
	arg.mark.__reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg));
	arg.mark.__reserved = 0;
	EXPECT_EQ(-ENOENT, state(self->fd));
	EXPECT_EQ(0, call(self->fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg));
	EXPECT_EQ(IOMMU_LIVEUPDATE_MARKED, state(self->fd));

	EXPECT_EQ(-ENOENT, mark(self->fd, self->ioas_id, TOKEN + 1));
	EXPECT_EQ(-ENOENT, mark(self->fd, self->device_id, TOKEN + 1));
	EXPECT_EQ(-ENOENT, mark(self->fd, 0x7fffffff, TOKEN + 1));
}

TEST_F(liveupdate, adopt_arguments)
{
	struct {
		struct iommu_hwpt_liveupdate_adopt adopt;
		__u64 behind;
	} arg = {
		.adopt = { .size = sizeof(arg.adopt) - 8, .ioas_id = self->ioas_id },
	};

	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	arg.adopt.size = sizeof(arg);
	arg.behind = 1;
	EXPECT_EQ(-E2BIG, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	arg.behind = 0;
	arg.adopt.flags = 1U << 31;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));

	EXPECT_EQ(-ENOENT, adopt(self->fd, self->ioas_id, TOKEN));
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(-ENOENT, adopt(self->fd, self->ioas_id, TOKEN));
	preserve_memory();
	EXPECT_EQ(0, preserve_iommufd());
	EXPECT_EQ(-ENOENT, adopt(self->fd, self->ioas_id, TOKEN));
	EXPECT_EQ(-ENOENT, adopt(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(-ENOENT, adopt(self->fd, 0x7fffffff, TOKEN));
}

/* An HWPT without an IOAS: of an incoming domain only, and no IOAS is named */
TEST_F(liveupdate, adopt_without_ioas)
{
	struct iommu_hwpt_liveupdate_adopt arg = {
		.size = sizeof(arg),
		.flags = IOMMU_LIVEUPDATE_ADOPT_NO_IOAS,
		.ioas_id = self->ioas_id,
		.token = TOKEN,
	};

	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	arg.flags |= IOMMU_LIVEUPDATE_ADOPT_VERIFY;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	arg.ioas_id = 0;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	arg.flags = IOMMU_LIVEUPDATE_ADOPT_NO_IOAS;
	EXPECT_EQ(-ENOENT, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(-ENOENT, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	preserve_memory();
	EXPECT_EQ(0, preserve_iommufd());
	EXPECT_EQ(-ENOENT, call(self->fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg));
	EXPECT_EQ(IOMMU_LIVEUPDATE_PRESERVED, state(self->fd));
}

/* The mock IOMMU has no moves without a gap. They are asked about only, nothing moves */
TEST_F(liveupdate, may_replace)
{
	struct iommu_liveupdate_may_replace arg = {
		.size = sizeof(arg) - 8,
		.dev_id = self->device_id,
		.hwpt_id = self->hwpt_id,
		.out_flags = ~0U,
	};

	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
	arg.size = sizeof(arg);
	arg.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
	arg.flags = 0;
	arg.__reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
	arg.__reserved = 0;
	EXPECT_EQ(0, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
	EXPECT_EQ(0, arg.out_flags);
	arg.hwpt_id = self->ioas_id;
	EXPECT_EQ(-ENOENT, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
	arg.hwpt_id = self->hwpt_id;
	arg.dev_id = self->hwpt_id;
	EXPECT_EQ(-ENOENT, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
	arg.dev_id = 0x7fffffff;
	EXPECT_EQ(-ENOENT, call(self->fd, IOMMU_LIVEUPDATE_MAY_REPLACE, &arg));
}

TEST_F(liveupdate, query_arguments)
{
	struct iommu_liveupdate_query arg = { .size = sizeof(arg) - 8 };

	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(-EINVAL, call(self->fd, IOMMU_LIVEUPDATE_QUERY, &arg));
	arg.size = sizeof(arg);
	arg.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->fd, IOMMU_LIVEUPDATE_QUERY, &arg));
	EXPECT_EQ(-ENOENT, query(self->fd, 1, &arg));
	EXPECT_EQ(0, query(self->fd, 0, &arg));
}

#endif /* __SELFTEST_IOMMUFD_LIVEUPDATE_ARGS */
