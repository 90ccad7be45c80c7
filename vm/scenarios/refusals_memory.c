// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that would not be there in the next kernel, each with its error and a line in the log:
 * anonymous memory, memfds that are not in the session, or were shrunk. A memfd without that one
 * defect is accepted, whatever its seals. Of huge pages: those that are lent by CMA, and holes that
 * the pool has no pages for, and files of a mount. No traffic.
 *
 * promise: 4
 * red when: the kind of mapped memory is checked (`iommufd_lu_check_area()`): anonymous memory is
 *   preserved
 * red when: a mapped page must be the file's (`mapping` in `iommufd_lu_check_leaf`): a memfd with
 *   a hole is preserved
 * red when: a huge page must not be CMA's (`memfd_hugetlb_check_folios`): another error, without
 *   a reason in the log
 * red when: a lack of huge pages for holes is named (`memfd_hugetlb_pin`): no reason in the log
 * red when: a file of huge pages must be of the kernel's own mount (`SB_KERNMOUNT` in
 *   `memfd_hugetlb_can_preserve`): a file of hugetlbfs is preserved
 * red when: an area names the file's device (`iommufd_lu_describe_file()`): both memfds are listed
 *   on device 0
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define TOKEN_SPARE	0x900ull
#define LOST_PAGES	"mapped page is no longer part of its memfd"
#define NOT_IN_SESSION	"mapped memfd is not preserved in the same session"
#define NO_MEMFD	"memory that is not from a memfd is mapped"
#define FROM_CMA	"huge page was allocated from CMA"
#define NO_PAGES	"no huge pages are free for the holes of the memfd"

/* Memory into the session, with @extra unless it is negative, then the iommufd: its result */
static int preserve(struct vm *vm, int extra)
{
	int rc = vm_preserve_memory(vm);

	if (!rc && extra >= 0)
		rc = luo_preserve_fd(vm->session, extra, TOKEN_SPARE);
	if (rc)
		bail_out("preserve memory: %s", strerror(-rc));
	klog_skip();
	return luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD);
}

/* Nothing has changed: no hold on the IOAS is left, and none on the token. */
static void call_off(struct vm *vm)
{
	int rc = vm_unmap_spare(vm);

	if (rc)
		bail_out("unmap refused memory: %s", strerror(-rc));
	vm_call_off(vm);
}

static void accept_memfd(struct vm *vm, unsigned int seals, const char *name)
{
	int fd = vm_memfd(vm_spare.length, seals);

	ok_rc(vm_map_spare(vm, fd), name);
	ok_rc(preserve(vm, fd), "it is accepted");
	ok_errno(ftruncate(fd, vm_spare.length + PAGE) ? -errno : 0, EPERM, "now it cannot grow");
	ok_errno(ftruncate(fd, PAGE) ? -errno : 0, EPERM, "nor shrink");
	vm_call_off(vm);
	ok_rc(ftruncate(fd, vm_spare.length), "until the session is closed");
	ok_rc(vm_unmap_spare(vm), "and it is unmapped");
	close(fd);
}

static void seals(struct vm *vm)
{
	accept_memfd(vm, 0, "an unsealed memfd is mapped");
	accept_memfd(vm, F_SEAL_SEAL, "one that cannot be sealed is mapped");
}

static void in_no_session(struct vm *vm)
{
	int fd = vm_memfd(vm_spare.length, SEALS_FIXED);

	ok_rc(vm_map_spare(vm, fd), "a memfd is mapped");
	refused(preserve(vm, -1), ENOENT, NOT_IN_SESSION, "not in the session, it is refused");
	call_off(vm);
	close(fd);
}

static void in_another_session(struct vm *vm)
{
	int fd = vm_memfd(vm_spare.length, SEALS_FIXED);
	int other = luo_create("other");

	ok_rc(luo_preserve_fd(other, fd, TOKEN_SPARE), "a memfd is in another session");
	ok_rc(vm_map_spare(vm, fd), "and mapped");
	refused(preserve(vm, -1), ENOENT, NOT_IN_SESSION, "which is not good enough");
	ok_errno(luo_preserve_fd(vm->session, fd, TOKEN_SPARE), EBUSY,
		 "nor can it be in two sessions");
	close(other);
	ok_rc(luo_preserve_fd(vm->session, fd, TOKEN_SPARE), "when that is gone it can be moved");
	ok_rc(luo_preserve_fd(vm->session, vm->iommufd, TOKEN_IOMMUFD), "and all is well");
	ok_errno(vm_unmap_spare(vm), EBUSY, "now it cannot be unmapped");
	vm_call_off(vm);
	ok_rc(vm_unmap_spare(vm), "until the session is closed");
	close(fd);
}

static void shrunk(struct vm *vm)
{
	int fd = vm_memfd(vm_spare.length, 0);

	ok_rc(vm_map_spare(vm, fd), "a memfd is mapped");
	ok_rc(ftruncate(fd, vm_spare.length - PAGE), "then shrunk");
	refused(preserve(vm, fd), ESTALE, LOST_PAGES, "it lacks the mapped page");
	call_off(vm);
	close(fd);
}

static void anonymous(struct vm *vm)
{
	void *at = mmap(NULL, vm_spare.length, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ok_rc(ioas_map_user(vm->iommufd, vm->ioas[0], at, &vm_spare), "anonymous memory is mapped");
	refused(preserve(vm, -1), EOPNOTSUPP, NO_MEMFD, "it cannot be preserved");
	call_off(vm);
	munmap(at, vm_spare.length);
}

/* Mapped by its address, a memfd is no more than memory of this process. */
static void by_address(struct vm *vm)
{
	int fd = vm_memfd(vm_spare.length, SEALS_FIXED);
	void *at = must_map(fd, vm_spare.length, 0, "memory");

	ok_rc(ioas_map_user(vm->iommufd, vm->ioas[0], at, &vm_spare),
	      "a memfd is mapped by its address");
	refused(preserve(vm, fd), EOPNOTSUPP, NO_MEMFD, "it cannot be preserved either");
	call_off(vm);
	munmap(at, vm_spare.length);
	close(fd);
}

static int list_spare(struct vm *vm, struct iommu_ioas_liveupdate_area *area)
{
	*area = (struct iommu_ioas_liveupdate_area){
		.size = sizeof(*area), .ioas_id = vm->ioas[0], .iova = vm_spare.iova,
	};
	return try_ioctl(vm->iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, area);
}

/* @page: size of its huge pages, or 0. Those have inode numbers of their own, on another device. */
static void listed_as_file(struct vm *vm, uint64_t page, const char *name)
{
	const struct area map = { .iova = vm_spare.iova, .length = POOL_2M, .writable = 1 };
	int fd = vm_huge_memfd(POOL_2M, page, 0), rc;
	struct iommu_ioas_liveupdate_area area;
	struct stat st;

	ok_rc(ioas_map(vm->iommufd, vm->ioas[0], fd, &map), name);
	rc = fstat(fd, &st) ? -errno : list_spare(vm, &area);
	ok(!rc && area.out_dev == st.st_dev && area.out_inode == st.st_ino, "it is listed as fstat() says",
	   "error %d, inode %llu of device 0x%llx, not %llu of 0x%llx", -rc,
	   (unsigned long long)area.out_inode, (unsigned long long)area.out_dev,
	   (unsigned long long)st.st_ino, (unsigned long long)st.st_dev);
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], map.iova, map.length), "and unmapped");
	close(fd);
}

static void listed_as(struct vm *vm, uint32_t flags, uint32_t dev_id, const char *name)
{
	struct iommu_ioas_liveupdate_area area;
	int rc = list_spare(vm, &area);

	flags |= IOMMU_LIVEUPDATE_AREA_READABLE | IOMMU_LIVEUPDATE_AREA_WRITEABLE;
	ok(!rc && area.iova == vm_spare.iova && area.out_length == PAGE && !area.out_inode && !area.out_dev &&
	   area.out_flags == flags && area.out_dev_id == dev_id && !area.out_bar && !area.out_offset,
	   name, "error %d, 0x%llx bytes, inode %llu, flags 0x%x, BAR %u of device %u", -rc,
	   (unsigned long long)area.out_length, (unsigned long long)area.out_inode, area.out_flags,
	   area.out_bar, area.out_dev_id);
}

/* The registers of a device, as another device would be given them for peer-to-peer DMA */
static void registers(struct vm *vm)
{
	struct area page = { .iova = vm_spare.iova, .length = PAGE, .writable = 1 };
	struct dma_device *nic = &vm->device[0];
	int fd = vfio_export_bar(nic->dev, 0, page.length);

	ok_rc(fd < 0 ? fd : 0, "a device's registers are a dma-buf");
	ok_rc(ioas_map(vm->iommufd, vm->ioas[0], fd, &page), "which is mapped");
	listed_as(vm, IOMMU_LIVEUPDATE_AREA_BAR, nic->id, "it is listed as a BAR of the device");
	ok_rc(preserve(vm, -1), "it is accepted, since the device can be preserved after that");
	vm_call_off(vm);
	ok_rc(vfio_set_memory(nic->dev, false), "the device stops decoding");
	listed_as(vm, IOMMU_LIVEUPDATE_AREA_REVOKED, 0, "it is listed as revoked");
	ok_rc(vfio_set_memory(nic->dev, true), "the device decodes again");
	ok_rc(vm_unmap_spare(vm), "and it is unmapped");
	close(fd);
}

/* A page of 1 GiB that the kernel allocates while it runs comes from CMA, if CMA has one. */
static void from_cma(void)
{
	int fd, session = luo_create("cma");

	must_write("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1");
	fd = vm_huge_memfd(POOL_1G, POOL_1G, 0);
	*(char *)must_map(fd, POOL_1G, 0, "a huge page") = 1;
	klog_skip();
	refused(luo_preserve_fd(session, fd, TOKEN_SPARE), EOPNOTSUPP, FROM_CMA,
		"a huge page from CMA cannot be preserved");
	close(session);
}

/* The pool has four pages; preserve fills the holes, or gives back what it has filled. */
static void holes(void)
{
	int large = vm_huge_memfd(5 * POOL_2M, POOL_2M, 0), fits = vm_huge_memfd(4 * POOL_2M, POOL_2M, 0);
	int session = luo_create("holes");
	struct pool was;

	pool_read(&was, POOL_2M);
	klog_skip();
	refused(luo_preserve_fd(session, large, TOKEN_SPARE), ENOMEM, NO_PAGES,
		"more holes than the pool has pages are refused");
	close(large);
	pool_same(&was, POOL_2M, "after the refusal");
	ok_rc(luo_preserve_fd(session, fits, TOKEN_SPARE), "as many as it has are filled");
	close(session);
	close(fits);
	pool_same(&was, POOL_2M, "when that memfd is closed");
}

/* It has a name, or had one; a memfd never has. */
static void file_of_a_mount(void)
{
	int fd = pool_file(POOL_2M), session = luo_create("mount");

	ok_errno(luo_preserve_fd(session, fd, TOKEN_SPARE), ENOENT,
		 "a file of hugetlbfs cannot be preserved");
	unlink(POOL_FILE);
	ok_errno(luo_preserve_fd(session, fd, TOKEN_SPARE), ENOENT, "nor without its name");
	close(session);
	close(fd);
}

static void before(void)
{
	struct vm *vm = story_alone();

	ok_errno(preserve(vm, -1), ENODATA, "an iommufd without a mark is refused");
	vm_call_off(vm);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	seals(vm);
	in_no_session(vm);
	in_another_session(vm);
	shrunk(vm);
	anonymous(vm);
	by_address(vm);
	listed_as_file(vm, 0, "a memfd is mapped");
	listed_as_file(vm, POOL_2M, "a memfd of huge pages is mapped");
	registers(vm);
	from_cma();
	holes();
	file_of_a_mount();
	ok_rc(vm_preserve(vm), "after all these refusals the VM can be preserved");
	vm_call_off(vm);
	story_close(vm);
}

SCENARIO(.name = "refusals_memory", .mem = 6144,
	 .cmdline = "hugepagesz=2M hugepages=4 hugetlb_cma=1G kho_scratch=32M,128M,64M", .before = before);
