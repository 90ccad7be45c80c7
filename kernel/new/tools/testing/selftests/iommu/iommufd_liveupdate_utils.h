/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of iommufd_liveupdate.c, which return -errno, and the initial state of
 * each of its tests: a sealed memfd, mapped, with an HWPT of its own. When the session of
 * a test is closed, no record may be left.
 */
#ifndef __SELFTEST_IOMMUFD_LIVEUPDATE_UTILS
#define __SELFTEST_IOMMUFD_LIVEUPDATE_UTILS

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/iommufd.h>
#include <linux/liveupdate.h>

#include "iommufd_utils.h"

#define TOKEN		0x7e57
#define IOVA		MOCK_APERTURE_START
#define MAPPED		(64 * PAGE_SIZE)
#define RECORDS		"/sys/kernel/liveupdate/records"

static int call(int fd, unsigned long cmd, void *arg)
{
	int rc = ioctl(fd, cmd, arg);

	return rc < 0 ? -errno : rc;
}

static long records(void)
{
	char text[32] = "";
	int fd = open(RECORDS, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = 0;
	close(fd);
	return text[0] ? atol(text) : -1;
}

static int create_session(int luo, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int rc;

	strcpy((char *)arg.name, name);
	rc = call(luo, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg);
	return rc ? rc : arg.fd;
}

static int preserve(int session, int fd, __u64 token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return call(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

static int mark(int fd, __u32 hwpt, __u64 token)
{
	struct iommu_hwpt_liveupdate_mark arg = {
		.size = sizeof(arg),
		.hwpt_id = hwpt,
		.token = token,
	};

	return call(fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg);
}

static int clear_mark(int fd, __u32 hwpt)
{
	struct iommu_hwpt_liveupdate_mark arg = {
		.size = sizeof(arg),
		.flags = IOMMU_LIVEUPDATE_MARK_CLEAR,
		.hwpt_id = hwpt,
	};

	return call(fd, IOMMU_HWPT_LIVEUPDATE_MARK, &arg);
}

static int adopt(int fd, __u32 ioas, __u64 token)
{
	struct iommu_hwpt_liveupdate_adopt arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.token = token,
	};

	return call(fd, IOMMU_HWPT_LIVEUPDATE_ADOPT, &arg);
}

static int query(int fd, __u32 index, struct iommu_liveupdate_query *arg)
{
	*arg = (struct iommu_liveupdate_query){ .size = sizeof(*arg), .index = index };
	return call(fd, IOMMU_LIVEUPDATE_QUERY, arg);
}

/* State of the first token, or -errno */
static int state(int fd)
{
	struct iommu_liveupdate_query arg;
	int rc = query(fd, 0, &arg);

	return rc ? rc : (int)arg.out_state;
}

static int destroy(int fd, __u32 id)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = id };

	return call(fd, IOMMU_DESTROY, &arg);
}

static int map_file(int fd, __u32 ioas, int memfd, __u64 iova)
{
	int rc = _test_ioctl_ioas_map_file(fd, ioas, memfd, 0, MAPPED, &iova,
					   IOMMU_IOAS_MAP_FIXED_IOVA |
					   IOMMU_IOAS_MAP_READABLE |
					   IOMMU_IOAS_MAP_WRITEABLE);

	return rc ? -errno : 0;
}

static int unmap(int fd, __u32 ioas, __u64 iova)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.iova = iova,
		.length = MAPPED,
	};

	return call(fd, IOMMU_IOAS_UNMAP, &arg);
}

static int map_anonymous(int fd, __u32 ioas, __u64 iova)
{
	void *at = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	struct iommu_ioas_map arg = {
		.size = sizeof(arg),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)at,
		.length = MAPPED,
		.iova = iova,
	};

	return call(fd, IOMMU_IOAS_MAP, &arg);
}

static int copy_area(int fd, __u32 dst, __u32 src, __u64 dst_iova)
{
	struct iommu_ioas_copy arg = {
		.size = sizeof(arg),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.dst_ioas_id = dst,
		.src_ioas_id = src,
		.length = MAPPED,
		.dst_iova = dst_iova,
		.src_iova = IOVA,
	};

	return call(fd, IOMMU_IOAS_COPY, &arg);
}

static int new_memfd(unsigned int seals)
{
	int memfd = memfd_create("vm", MFD_ALLOW_SEALING);

	if (memfd < 0 || ftruncate(memfd, MAPPED) ||
	    (seals && fcntl(memfd, F_ADD_SEALS, seals)))
		return -1;
	return memfd;
}

/* A memfd like those of the other tests, which cannot be sealed */
static __attribute__((constructor)) void setup_memfd(void)
{
	PAGE_SIZE = sysconf(_SC_PAGE_SIZE);
	mfd_buffer = memfd_mmap(MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, &mfd);
}

FIXTURE(liveupdate)
{
	int luo;
	int session;
	int fd;
	int memfd;
	__u32 ioas_id;
	__u32 stdev_id;
	__u32 auto_hwpt_id;
	__u32 device_id;
	__u32 hwpt_id;
	long records;
};

FIXTURE_SETUP(liveupdate)
{
	self->luo = open("/dev/liveupdate", O_RDWR);
	if (self->luo < 0)
		SKIP(return, "there is no /dev/liveupdate, or somebody has it open");
	self->records = records();
	self->session = create_session(self->luo, "iommufd");
	ASSERT_LE(0, self->session);
	self->fd = open("/dev/iommu", O_RDWR);
	ASSERT_LE(0, self->fd);
	test_ioctl_ioas_alloc(&self->ioas_id);
	test_cmd_mock_domain(self->ioas_id, &self->stdev_id, &self->auto_hwpt_id,
			     &self->device_id);
	test_cmd_hwpt_alloc(self->device_id, self->ioas_id, 0, &self->hwpt_id);
	self->memfd = new_memfd(F_SEAL_GROW | F_SEAL_SHRINK);
	ASSERT_LE(0, self->memfd);
	ASSERT_EQ(0, map_file(self->fd, self->ioas_id, self->memfd, IOVA));
}

FIXTURE_TEARDOWN(liveupdate)
{
	close(self->session);
	EXPECT_EQ(self->records, records());
	close(self->fd);
	close(self->memfd);
	close(self->luo);
}

/* An HWPT without a device cannot be preserved. This destroys the automatic HWPT. */
#define attach_device() test_cmd_mock_domain_replace(self->stdev_id, self->hwpt_id)
#define preserve_memory()								\
	({										\
		attach_device();							\
		ASSERT_EQ(0, preserve(self->session, self->memfd, 1));			\
	})
#define preserve_iommufd() preserve(self->session, self->fd, 2)

/* A refusal changes nothing: the HWPT is marked, and the IOAS is mutable */
#define expect_untouched()								\
	({										\
		EXPECT_EQ(IOMMU_LIVEUPDATE_MARKED, state(self->fd));			\
		EXPECT_EQ(self->records, records());					\
		EXPECT_EQ(0, map_file(self->fd, self->ioas_id, self->memfd,		\
				      IOVA + 4 * MAPPED));				\
		EXPECT_EQ(0, unmap(self->fd, self->ioas_id, IOVA + 4 * MAPPED));	\
	})

static int nth_fd = -1;

static void knob(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0 && write(fd, value, strlen(value)) < 0)
		perror(path);
	close(fd);
}

/* Every allocation can fail, including those that may sleep */
static bool can_fail(void)
{
	knob("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	knob("/sys/kernel/debug/failslab/verbose", "0");
	knob("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	knob("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	knob("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	knob("/sys/kernel/debug/fail_iommufd/verbose", "0");
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	return nth_fd >= 0;
}

/* The nth allocation of this thread from now on fails, none if 0 */
static void fail_nth(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	/* This write itself may fail, once */
	if (pwrite(nth_fd, text, n, 0) != n)
		assert(pwrite(nth_fd, text, n, 0) == n);
}

/* Did an allocation fail? Call it before fail_nth(0). */
static bool has_failed(void)
{
	char text[16] = "";

	return pread(nth_fd, text, sizeof(text) - 1, 0) <= 0 || !atoi(text);
}

#endif
