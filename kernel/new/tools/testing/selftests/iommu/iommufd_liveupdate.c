// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserving HWPTs, as far as it can be tested without a kexec: marks, preservation,
 * refusals with their errno, and that a refusal, a failed allocation or a cancelled
 * session leaves no trace.
 *
 * The HWPTs are those of the mock IOMMU. Its page table is a real one, so preserving
 * is real too. Its devices are not PCI functions and cannot be in a session, so no
 * test makes a kexec.
 */
#include "iommufd_liveupdate_utils.h"
#include "iommufd_liveupdate_args.h"
#include "iommufd_liveupdate_area.h"

/* HWPTs of one context, see IOMMUFD_CTX_SER_MAX_HWPTS */
#define MAX_HWPTS	254

TEST_F(liveupdate, mark_tokens)
{
	struct iommu_liveupdate_query got;
	__u32 other;

	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, 0, &other);
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(-EEXIST, mark(self->fd, other, TOKEN));
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN + 1));
	EXPECT_EQ(0, mark(self->fd, other, TOKEN));
	EXPECT_EQ(-EEXIST, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, query(self->fd, 1, &got));
	EXPECT_EQ(-ENOENT, query(self->fd, 2, &got));
	EXPECT_EQ(0, clear_mark(self->fd, other));
	EXPECT_EQ(0, clear_mark(self->fd, other));
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, query(self->fd, 0, &got));
	EXPECT_EQ(TOKEN, got.out_token);
	EXPECT_EQ(-ENOENT, query(self->fd, 1, &got));
	EXPECT_EQ(0, destroy(self->fd, self->hwpt_id));
	EXPECT_EQ(-ENOENT, query(self->fd, 0, &got));
	EXPECT_EQ(0, mark(self->fd, other, TOKEN));
}

/* An HWPT of a kind that cannot be preserved cannot be marked */
TEST_F(liveupdate, mark_kinds)
{
	__u32 hwpt, fault, fault_fd, nested, stdev, device;
	struct iommu_hwpt_selftest data = { .iotlb = IOMMU_TEST_IOTLB_DEFAULT };

	EXPECT_EQ(-EOPNOTSUPP, mark(self->fd, self->auto_hwpt_id, TOKEN));
	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, IOMMU_HWPT_ALLOC_NEST_PARENT, &hwpt);
	EXPECT_EQ(-EOPNOTSUPP, mark(self->fd, hwpt, TOKEN));
	test_cmd_hwpt_alloc_nested(self->device_id, hwpt, 0, &nested, IOMMU_HWPT_DATA_SELFTEST,
				   &data, sizeof(data));
	EXPECT_EQ(-ENOENT, mark(self->fd, nested, TOKEN));
	test_ioctl_fault_alloc(&fault, &fault_fd);
	ASSERT_EQ(0, _test_cmd_hwpt_alloc(self->fd, self->device_id, self->ioas_id, fault,
					  IOMMU_HWPT_FAULT_ID_VALID, &hwpt,
					  IOMMU_HWPT_DATA_NONE, NULL, 0));
	EXPECT_EQ(-EOPNOTSUPP, mark(self->fd, hwpt, TOKEN));
	test_cmd_mock_domain_flags(self->ioas_id, MOCK_FLAGS_DEVICE_PASID, &stdev, NULL, &device);
	test_cmd_hwpt_alloc(device, self->ioas_id, IOMMU_HWPT_ALLOC_PASID, &hwpt);
	EXPECT_EQ(0, mark(self->fd, hwpt, TOKEN));
	EXPECT_EQ(0, clear_mark(self->fd, hwpt));
	EXPECT_EQ(-ENOENT, state(self->fd));
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
}

/* Memory that the next kernel could not find is not preserved */
TEST_F(liveupdate, preserve_needs_a_mark)
{
	preserve_memory();
	EXPECT_EQ(-ENODATA, preserve_iommufd());
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, clear_mark(self->fd, self->hwpt_id));
	EXPECT_EQ(-ENODATA, preserve_iommufd());
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, preserve_iommufd());
}

TEST_F(liveupdate, preserve_needs_the_memory)
{
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	attach_device();
	EXPECT_EQ(-ENOENT, preserve_iommufd());
	expect_untouched();
	preserve_memory();
	EXPECT_EQ(0, preserve_iommufd());
}

TEST_F(liveupdate, preserve_needs_a_device)
{
	__u32 lonely;

	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, 0, &lonely);
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, mark(self->fd, lonely, TOKEN + 1));
	preserve_memory();
	EXPECT_EQ(-ENODEV, preserve_iommufd());
	EXPECT_EQ(IOMMU_LIVEUPDATE_MARKED, state(self->fd));
	EXPECT_EQ(0, clear_mark(self->fd, lonely));
	EXPECT_EQ(0, preserve_iommufd());
}

/* Memfds with any seals, and one that cannot be sealed: none changes once it is preserved */
TEST_F(liveupdate, preserve_needs_no_seals)
{
	static const unsigned int seals[] = { 0, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_SEAL };
	__u64 iova = IOVA;
	unsigned int i;
	int memfd;

	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	preserve_memory();
	for (i = 0; i <= ARRAY_SIZE(seals); i++) {
		memfd = i < ARRAY_SIZE(seals) ? new_memfd(seals[i]) : mfd;
		ASSERT_LE(0, memfd);
		iova += MAPPED;
		ASSERT_EQ(0, map_file(self->fd, self->ioas_id, memfd, iova));
		ASSERT_EQ(0, preserve(self->session, memfd, 100 + i));
		EXPECT_EQ(-1, ftruncate(memfd, MAPPED / 2));
		EXPECT_EQ(-1, ftruncate(memfd, MAPPED * 2));
		EXPECT_EQ(-1, fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
					PAGE_SIZE));
		EXPECT_EQ(EPERM, errno);
	}
	EXPECT_EQ(0, preserve_iommufd());
}

TEST_F(liveupdate, preserve_needs_memfds)
{
	__u64 iova = IOVA + MAPPED;

	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	preserve_memory();
	ASSERT_EQ(0, map_anonymous(self->fd, self->ioas_id, iova));
	EXPECT_EQ(-EOPNOTSUPP, preserve_iommufd());
	expect_untouched();
	ASSERT_EQ(0, unmap(self->fd, self->ioas_id, iova));
	EXPECT_EQ(0, preserve_iommufd());
}

/* Dirty tracking goes along while it is off, and stays off while the HWPT is preserved */
TEST_F(liveupdate, preserve_dirty_tracking)
{
	__u64 dirty[2] = {};
	__u32 hwpt;

	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
			    &hwpt);
	EXPECT_EQ(0, mark(self->fd, hwpt, TOKEN));
	test_cmd_mock_domain_replace(self->stdev_id, hwpt);
	ASSERT_EQ(0, preserve(self->session, self->memfd, 1));
	test_cmd_set_dirty_tracking(hwpt, true);
	EXPECT_EQ(-EBUSY, preserve_iommufd());
	expect_untouched();
	test_cmd_set_dirty_tracking(hwpt, false);
	ASSERT_EQ(0, preserve_iommufd());
	EXPECT_EQ(-EBUSY, _test_cmd_set_dirty_tracking(self->fd, hwpt, true));
	EXPECT_EQ(0, _test_cmd_set_dirty_tracking(self->fd, hwpt, false));
	EXPECT_EQ(-1, _test_cmd_get_dirty_bitmap(self->fd, hwpt, MAPPED, IOVA, PAGE_SIZE, dirty,
						 0));
	EXPECT_EQ(EBUSY, errno);

	close(self->session);
	self->session = -1;
	test_cmd_set_dirty_tracking(hwpt, true);
	test_cmd_get_dirty_bitmap(self->fd, hwpt, MAPPED, IOVA, PAGE_SIZE, dirty, 0);
	test_cmd_set_dirty_tracking(hwpt, false);
	test_cmd_mock_domain_replace(self->stdev_id, self->hwpt_id);
	EXPECT_EQ(0, destroy(self->fd, hwpt));
}

/* A mapped page was punched out of the memfd */
TEST_F(liveupdate, preserve_needs_every_page)
{
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	ASSERT_EQ(0, fallocate(self->memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       MAPPED / 2, PAGE_SIZE));
	preserve_memory();
	EXPECT_EQ(-ESTALE, preserve_iommufd());
	expect_untouched();
}

TEST_F(liveupdate, preserve_once)
{
	int other = create_session(self->luo, "other");

	ASSERT_LE(0, other);
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	preserve_memory();
	EXPECT_EQ(-EEXIST, preserve(self->session, self->fd, 1));
	EXPECT_EQ(0, preserve_iommufd());
	EXPECT_EQ(-EBUSY, preserve(self->session, self->fd, 3));
	EXPECT_EQ(-EBUSY, preserve(other, self->fd, 3));
	close(other);
}

/* The record of a context has a limit of HWPTs; one more is refused */
TEST_F_TIMEOUT(liveupdate, preserve_many, 300)
{
	struct iommu_liveupdate_query got;
	__u32 hwpt, stdev;
	int i;

	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, 0));
	for (i = 1; i <= MAX_HWPTS; i++) {
		test_cmd_hwpt_alloc(self->device_id, self->ioas_id, 0, &hwpt);
		test_cmd_mock_domain(hwpt, &stdev, NULL, NULL);
		ASSERT_EQ(0, mark(self->fd, hwpt, i));
	}
	preserve_memory();
	EXPECT_EQ(-E2BIG, preserve_iommufd());
	expect_untouched();
	EXPECT_EQ(0, destroy(self->fd, stdev));
	EXPECT_EQ(0, destroy(self->fd, hwpt));
	EXPECT_EQ(0, preserve_iommufd());
	for (i = 0; !query(self->fd, i, &got); i++)
		EXPECT_EQ(IOMMU_LIVEUPDATE_PRESERVED, got.out_state);
	EXPECT_EQ(MAX_HWPTS, i);
}

/* Preserved objects cannot change until the session is cancelled */
TEST_F(liveupdate, preserved_is_immutable)
{
	__u64 iova = IOVA + MAPPED;
	__u32 other, ioas;

	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, 0, &other);
	test_ioctl_ioas_alloc(&ioas);
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	preserve_memory();
	ASSERT_EQ(0, preserve_iommufd());

	EXPECT_EQ(-EBUSY, map_file(self->fd, self->ioas_id, self->memfd, iova));
	EXPECT_EQ(-EBUSY, map_anonymous(self->fd, self->ioas_id, iova));
	EXPECT_EQ(-EBUSY, unmap(self->fd, self->ioas_id, IOVA));
	EXPECT_EQ(-EBUSY, copy_area(self->fd, self->ioas_id, self->ioas_id, iova));
	EXPECT_EQ(0, copy_area(self->fd, ioas, self->ioas_id, iova));
	EXPECT_EQ(-EBUSY, destroy(self->fd, self->hwpt_id));
	EXPECT_EQ(-EBUSY, destroy(self->fd, self->ioas_id));
	EXPECT_EQ(-EBUSY, mark(self->fd, self->hwpt_id, TOKEN + 1));
	EXPECT_EQ(-EBUSY, mark(self->fd, other, TOKEN + 1));
	EXPECT_EQ(-EBUSY, clear_mark(self->fd, self->hwpt_id));
	test_err_mock_domain_replace(EBUSY, self->stdev_id, other);
	test_err_mock_domain(EBUSY, ioas, NULL, NULL);

	close(self->session);
	EXPECT_EQ(self->records, records());
	EXPECT_EQ(IOMMU_LIVEUPDATE_MARKED, state(self->fd));
	test_cmd_mock_domain_replace(self->stdev_id, other);
	EXPECT_EQ(0, mark(self->fd, other, TOKEN + 1));
	EXPECT_EQ(0, copy_area(self->fd, self->ioas_id, self->ioas_id, iova));
	EXPECT_EQ(0, unmap(self->fd, self->ioas_id, IOVA));
	EXPECT_EQ(0, destroy(self->fd, self->hwpt_id));
}

/* An IOAS with two preserved HWPTs, and another IOAS: all immutable, then all mutable */
TEST_F(liveupdate, preserved_together)
{
	__u64 iova = IOVA + MAPPED;
	__u32 second, third, ioas, stdev[2];

	test_ioctl_ioas_alloc(&ioas);
	ASSERT_EQ(0, map_file(self->fd, ioas, self->memfd, IOVA));
	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, 0, &second);
	test_cmd_hwpt_alloc(self->device_id, ioas, 0, &third);
	test_cmd_mock_domain(second, &stdev[0], NULL, NULL);
	test_cmd_mock_domain(third, &stdev[1], NULL, NULL);
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	EXPECT_EQ(0, mark(self->fd, second, TOKEN + 1));
	EXPECT_EQ(0, mark(self->fd, third, TOKEN + 2));
	preserve_memory();
	ASSERT_EQ(0, preserve_iommufd());
	EXPECT_EQ(-EBUSY, map_file(self->fd, self->ioas_id, self->memfd, iova));
	EXPECT_EQ(-EBUSY, map_file(self->fd, ioas, self->memfd, iova));
	close(self->session);
	EXPECT_EQ(0, map_file(self->fd, self->ioas_id, self->memfd, iova));
	EXPECT_EQ(0, map_file(self->fd, ioas, self->memfd, iova));
	EXPECT_EQ(0, destroy(self->fd, stdev[0]));
	EXPECT_EQ(0, destroy(self->fd, stdev[1]));
	EXPECT_EQ(0, destroy(self->fd, second));
	EXPECT_EQ(0, destroy(self->fd, third));
}

TEST_F(liveupdate, query_tells_the_size)
{
	struct iommu_liveupdate_query got;

	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	ASSERT_EQ(0, query(self->fd, 0, &got));
	EXPECT_EQ(IOMMU_LIVEUPDATE_MARKED, got.out_state);
	EXPECT_EQ(0, got.out_table_pages);
	EXPECT_EQ(0, got.out_mapped_bytes);
	preserve_memory();
	ASSERT_EQ(0, preserve_iommufd());
	ASSERT_EQ(0, query(self->fd, 0, &got));
	EXPECT_EQ(IOMMU_LIVEUPDATE_PRESERVED, got.out_state);
	EXPECT_EQ(TOKEN, got.out_token);
	EXPECT_EQ(self->hwpt_id, got.out_hwpt_id);
	EXPECT_EQ(self->ioas_id, got.out_ioas_id);
	EXPECT_STREQ("amdv1_mock", (char *)got.out_format);
	EXPECT_EQ(3, got.out_levels);
	EXPECT_EQ(3, got.out_table_pages);
	EXPECT_EQ(MAPPED, got.out_mapped_bytes);
	EXPECT_EQ(0, got.out_devices);
	EXPECT_LT(self->records, records());
}

/* The session has the last reference */
TEST_F(liveupdate, preserved_outlives_its_file)
{
	EXPECT_EQ(0, mark(self->fd, self->hwpt_id, TOKEN));
	preserve_memory();
	ASSERT_EQ(0, preserve_iommufd());
	close(self->fd);
	close(self->memfd);
	EXPECT_LT(self->records, records());
	close(self->session);
	EXPECT_EQ(self->records, records());
	self->fd = open("/dev/null", O_RDONLY);
	self->memfd = -1;
	self->session = -1;
}

/* Mark and preserve while the first, second, third ... allocation fails */
TEST_F_TIMEOUT(liveupdate, fail_nth, 300)
{
	unsigned int nth, errors = 0;
	int mark_rc, rc;
	bool failed;

	if (!can_fail())
		SKIP(return, "the kernel has no fault injection");
	for (nth = 1; nth < 1000; nth++) {
		preserve_memory();
		fail_nth(nth);
		mark_rc = mark(self->fd, self->hwpt_id, TOKEN);
		rc = mark_rc ? mark_rc : preserve_iommufd();
		failed = has_failed();
		fail_nth(0);
		EXPECT_EQ(mark_rc ? -ENOENT : rc ? IOMMU_LIVEUPDATE_MARKED :
			  IOMMU_LIVEUPDATE_PRESERVED, state(self->fd));
		if (rc && !mark_rc)
			expect_untouched();
		errors += !!rc;
		if (!failed)
			break;
		close(self->session);
		EXPECT_EQ(self->records, records());
		EXPECT_EQ(0, clear_mark(self->fd, self->hwpt_id));
		self->session = create_session(self->luo, "iommufd");
		ASSERT_LE(0, self->session);
	}
	EXPECT_EQ(0, rc);
	/* At least the HWPT, its token, LUO's file, and a record each of context and domain */
	EXPECT_LE(5, errors);
	EXPECT_GT(1000, nth);
}

TEST_HARNESS_MAIN
