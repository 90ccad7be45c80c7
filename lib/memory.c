// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memfds and the iommufd. The size of a memfd can change until it is preserved; then the kernel
 * keeps it as it is.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/magic.h>

#include "refusals.h"
#include "vm.h"

static const struct iolu_attempt add_attempt = {
	"added", "memfd", (const enum iolu_refusal[]){ REFUSED_NONE },
};

/* The kernel lists the kinds of files that it can preserve. */
static bool kernel_preserves_huge(void)
{
	FILE *f = fopen("/sys/kernel/liveupdate/file_handlers", "re");
	bool found = false;
	char line[64];

	while (f && !found && fgets(line, sizeof(line), f))
		found = !strncmp(line, "memfd-hugetlb-v", 15);
	if (f)
		fclose(f);
	return found;
}

/* Huge pages: a file of a mount has a name, or had one */
static int check_huge(struct iolu_vm *vm, const struct iolu_memfd *memfd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(memfd->fd, &fs) || fs.f_type != HUGETLBFS_MAGIC)
		return 0;
	if (!fstat(memfd->fd, &st) && st.st_nlink)
		return iolu_refuse(vm, &add_attempt, memfd->object.name, REFUSED_MEMFD_KIND);
	return kernel_preserves_huge() ? 0 :
	       iolu_refuse(vm, &add_attempt, memfd->object.name, REFUSED_MEMFD_HUGE);
}

int iolu_measure_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd)
{
	struct stat st;

	if (fstat(memfd->fd, &st))
		return iolu_fail(vm, -errno, "memfd \"%s\": %s", memfd->object.name,
				 strerror(errno));
	memfd->size = st.st_size;
	return 0;
}

static int check_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd)
{
	int rc = check_huge(vm, memfd);

	if (rc)
		return rc;
	if (fcntl(memfd->fd, F_GET_SEALS) < 0)
		return iolu_fail(vm, -EINVAL, "\"%s\" is not a memfd", memfd->object.name);
	return iolu_measure_memfd(vm, memfd);
}

int iolu_take_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd, int fd)
{
	int rc = iolu_dup(vm, fd, &memfd->fd);

	if (!rc)
		rc = check_memfd(vm, memfd);
	if (rc)
		iolu_drop(vm, IOLU_MEMFD, memfd);
	return rc;
}

int iolu_vm_add_memfd(struct iolu_vm *vm, const char *name, int fd)
{
	struct iolu_memfd *memfd;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_make_memfd(vm, name, &memfd);
	if (rc)
		return rc;
	memfd->object.token = iolu_free_token(vm, IOLU_MEMFD);
	return iolu_take_memfd(vm, memfd, fd);
}

int iolu_vm_memfd(struct iolu_vm *vm, const char *name)
{
	struct iolu_memfd *memfd;
	int rc = iolu_need_memfd(vm, name, &memfd);

	if (!rc && memfd->fd < 0)
		rc = iolu_fail(vm, -ENOENT, "memfd \"%s\" is not retrieved yet", name);
	return rc ? rc : memfd->fd;
}

/* -- iommufd -- */

/* Objects need an iommufd: the retrieved one, else the given one, else a new one. */
int iolu_open_iommufd(struct iolu_vm *vm)
{
	if (vm->iommufd >= 0)
		return 0;
	vm->iommufd = vm->given_iommufd;
	vm->given_iommufd = -1;
	if (vm->iommufd >= 0)
		return 0;
	vm->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (vm->iommufd < 0)
		return iolu_fail(vm, -errno, "/dev/iommu cannot be opened: %s", strerror(errno));
	return 0;
}

static bool is_iommufd(int fd)
{
	struct iommu_option arg = {
		.size = sizeof(arg), .option_id = IOMMU_OPTION_RLIMIT_MODE, .op = IOMMU_OPTION_OP_GET,
	};

	return !ioctl(fd, IOMMU_OPTION, &arg);
}

int iolu_vm_set_iommufd(struct iolu_vm *vm, int fd)
{
	if (vm->iommufd >= 0 || vm->given_iommufd >= 0)
		return iolu_fail(vm, -EBUSY, "VM \"%s\" already has an iommufd", vm->name);
	if (!is_iommufd(fd))
		return iolu_fail(vm, -EINVAL, "descriptor %d is not an iommufd", fd);
	return iolu_dup(vm, fd, &vm->given_iommufd);
}

int iolu_vm_iommufd(struct iolu_vm *vm)
{
	if (vm->iommufd >= 0)
		return vm->iommufd;
	if (vm->given_iommufd >= 0)
		return vm->given_iommufd;
	return iolu_fail(vm, -ENOENT, "VM \"%s\" has no iommufd", vm->name);
}

int iolu_remove_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd)
{
	const struct iolu_ioas *ioas;
	const struct iolu_map *map;

	iolu_for_each(vm, IOLU_IOAS, ioas)
		for (map = ioas->maps; map; map = map->next)
			if (map->memfd == memfd)
				return iolu_fail(vm, -EBUSY, "memfd \"%s\" is mapped in IOAS \"%s\"",
						 memfd->object.name, ioas->object.name);
	iolu_drop(vm, IOLU_MEMFD, memfd);
	return 0;
}
