// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * IOASes and their mappings.
 *
 * Invariant: the mappings of an IOAS in the handle are those that the library has made in the
 * kernel and not removed. Each is removed by one call; a mapping that the kernel refuses to remove
 * stays in the list.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/iommufd.h>

#include "vm.h"

static int alloc_ioas(struct iolu_vm *vm, struct iolu_ioas *ioas)
{
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };

	if (ioctl(vm->iommufd, IOMMU_IOAS_ALLOC, &arg))
		return iolu_fail(vm, -errno, "IOAS \"%s\" cannot be created: %s", ioas->object.name,
				 strerror(errno));
	ioas->object.id = arg.out_ioas_id;
	return 0;
}

static int destroy_ioas(struct iolu_vm *vm, const struct iolu_ioas *ioas)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = ioas->object.id };

	return ioctl(vm->iommufd, IOMMU_DESTROY, &arg) ? -errno : 0;
}

int iolu_vm_add_ioas(struct iolu_vm *vm, const char *name)
{
	struct iolu_ioas *ioas;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = iolu_open_iommufd(vm);
	if (!rc)
		rc = iolu_make_ioas(vm, name, &ioas);
	if (rc)
		return rc;
	rc = alloc_ioas(vm, ioas);
	if (rc)
		iolu_drop(vm, IOLU_IOAS, ioas);
	return rc;
}

static int need_ioas(struct iolu_vm *vm, const char *name, struct iolu_ioas **ioas)
{
	int rc = iolu_need_ioas(vm, name, ioas);

	if (!rc && !(*ioas)->object.id)
		rc = iolu_fail(vm, -ENOENT, "IOAS \"%s\" is not rebuilt yet", name);
	return rc;
}

int iolu_vm_ioas_id(struct iolu_vm *vm, const char *name)
{
	struct iolu_ioas *ioas;
	int rc = need_ioas(vm, name, &ioas);

	return rc ? rc : (int)ioas->object.id;
}

/* -- mappings -- */

/* Find the place of a mapping in the list, which is sorted by IOVA. */
static struct iolu_map **place(struct iolu_ioas *ioas, uint64_t iova)
{
	struct iolu_map **at = &ioas->maps;

	while (*at && (*at)->iova < iova)
		at = &(*at)->next;
	return at;
}

static int do_map(struct iolu_vm *vm, const struct iolu_ioas *ioas, const struct iolu_map *map)
{
	struct iommu_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			 (map->flags & IOLU_MAP_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
			 (map->flags & IOLU_MAP_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = ioas->object.id,
		.fd = map->memfd->fd,
		.start = map->offset,
		.length = map->length,
		.iova = map->iova,
	};

	if (ioctl(vm->iommufd, IOMMU_IOAS_MAP_FILE, &arg))
		return iolu_fail(vm, -errno, "memfd \"%s\": 0x%llx bytes from offset 0x%llx cannot be "
				 "mapped at IOVA 0x%llx of IOAS \"%s\": %s%s",
				 map->memfd->object.name, (unsigned long long)map->length,
				 (unsigned long long)map->offset, (unsigned long long)map->iova,
				 ioas->object.name, strerror(errno),
				 errno == ENOMEM ? "; see RLIMIT_MEMLOCK" : "");
	return 0;
}

static int check_map(struct iolu_vm *vm, const struct iolu_map *map)
{
	if (!map->flags || map->flags & ~(IOLU_MAP_READ | IOLU_MAP_WRITE))
		return iolu_fail(vm, -EINVAL, "flags 0x%x are invalid: use IOLU_MAP_READ, "
				 "IOLU_MAP_WRITE or both", map->flags);
	if (!map->length || map->iova + (map->length - 1) < map->iova)
		return iolu_fail(vm, -EINVAL, "0x%llx bytes at IOVA 0x%llx are not a valid range",
				 (unsigned long long)map->length, (unsigned long long)map->iova);
	if (map->offset > map->memfd->size || map->length > map->memfd->size - map->offset)
		return iolu_fail(vm, -EINVAL, "memfd \"%s\" has 0x%llx bytes, fewer than 0x%llx from "
				 "offset 0x%llx", map->memfd->object.name,
				 (unsigned long long)map->memfd->size,
				 (unsigned long long)map->length, (unsigned long long)map->offset);
	if (vm->nmaps == IOLU_MAX_MAPS)
		return iolu_fail(vm, -E2BIG, "too many mappings: %u at most", IOLU_MAX_MAPS);
	return 0;
}

/* The kernel refuses an overlap with -EEXIST, but is not asked about an imported mapping. */
static int check_overlap(struct iolu_vm *vm, const struct iolu_ioas *ioas,
			 const struct iolu_map *map)
{
	const struct iolu_map *other;

	for (other = ioas->maps; other; other = other->next)
		if (other->iova <= map->iova + (map->length - 1) &&
		    map->iova <= other->iova + (other->length - 1))
			return iolu_fail(vm, -EEXIST, "IOAS \"%s\" has a mapping at IOVA 0x%llx",
					 ioas->object.name, (unsigned long long)other->iova);
	return 0;
}

int iolu_add_map(struct iolu_vm *vm, const char *ioas_name, const char *memfd,
		 struct iolu_map *map, bool imported)
{
	struct iolu_map **at, *new;
	struct iolu_ioas *ioas;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = need_ioas(vm, ioas_name, &ioas);
	if (!rc)
		rc = iolu_need_memfd(vm, memfd, &map->memfd);
	if (!rc)
		rc = check_map(vm, map);
	if (rc)
		return rc;
	new = malloc(sizeof(*new));
	if (!new)
		return iolu_fail(vm, -ENOMEM, "no memory for a mapping");
	rc = imported ? check_overlap(vm, ioas, map) : do_map(vm, ioas, map);
	if (rc) {
		free(new);
		return rc;
	}
	at = place(ioas, map->iova);
	map->next = *at;
	*new = *map;
	*at = new;
	vm->nmaps++;
	return 0;
}

int iolu_vm_map(struct iolu_vm *vm, const char *ioas, const char *memfd, uint64_t offset,
		uint64_t iova, uint64_t length, uint32_t flags)
{
	struct iolu_map map = { .offset = offset, .iova = iova, .length = length, .flags = flags };

	return iolu_add_map(vm, ioas, memfd, &map, false);
}

static int do_unmap(struct iolu_vm *vm, const struct iolu_ioas *ioas,
		    const struct iolu_map *map)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg), .ioas_id = ioas->object.id, .iova = map->iova,
		.length = map->length,
	};

	if (ioctl(vm->iommufd, IOMMU_IOAS_UNMAP, &arg))
		return iolu_fail(vm, -errno, "IOVA 0x%llx of IOAS \"%s\" cannot be unmapped: %s",
				 (unsigned long long)map->iova, ioas->object.name,
				 strerror(errno));
	return 0;
}

/* @last: last byte of the range, inclusive */
static int check_unmap(struct iolu_vm *vm, struct iolu_ioas *ioas, uint64_t iova, uint64_t last)
{
	const struct iolu_map *map;
	bool any = false;

	for (map = ioas->maps; map && map->iova <= last; map = map->next) {
		uint64_t map_last = map->iova + (map->length - 1);

		if (map_last < iova)
			continue;
		any = true;
		if (map->iova < iova || map_last > last)
			return iolu_fail(vm, -EINVAL, "the mapping at IOVA 0x%llx of IOAS \"%s\" is "
					 "only partly in the range to unmap",
					 (unsigned long long)map->iova, ioas->object.name);
	}
	return any ? 0 : iolu_fail(vm, -ENOENT, "nothing is mapped from IOVA 0x%llx to 0x%llx of "
				   "IOAS \"%s\"", (unsigned long long)iova,
				   (unsigned long long)last, ioas->object.name);
}

int iolu_vm_unmap(struct iolu_vm *vm, const char *ioas_name, uint64_t iova, uint64_t length)
{
	uint64_t last = iova + (length - 1);
	struct iolu_map **at, *map;
	struct iolu_ioas *ioas;
	int rc = iolu_changeable(vm, false);

	if (!rc)
		rc = need_ioas(vm, ioas_name, &ioas);
	if (!rc && (!length || last < iova))
		rc = iolu_fail(vm, -EINVAL, "0x%llx bytes at IOVA 0x%llx are not a valid range",
			       (unsigned long long)length, (unsigned long long)iova);
	if (!rc)
		rc = check_unmap(vm, ioas, iova, last);
	if (rc)
		return rc;
	at = place(ioas, iova);
	while (!rc && (map = *at) && map->iova <= last) {
		rc = do_unmap(vm, ioas, map);
		if (rc)
			break;
		*at = map->next;
		vm->nmaps--;
		free(map);
	}
	return rc;
}

/* -- removing and rebuilding -- */

int iolu_remove_ioas(struct iolu_vm *vm, struct iolu_ioas *ioas)
{
	const struct iolu_hwpt *hwpt;
	int rc = 0;

	iolu_for_each(vm, IOLU_HWPT, hwpt)
		if (hwpt->ioas == ioas)
			return iolu_fail(vm, -EBUSY, "IOAS \"%s\" is used by HWPT \"%s\"",
					 ioas->object.name, hwpt->object.name);
	if (ioas->object.id)
		rc = destroy_ioas(vm, ioas);
	if (rc)
		return iolu_fail(vm, rc, "IOAS \"%s\" cannot be destroyed: %s",
				 ioas->object.name, strerror(-rc));
	iolu_forget_bars(vm, ioas);
	iolu_drop(vm, IOLU_IOAS, ioas);
	return 0;
}

/* Rebuild an IOAS from the journal; an IOAS that cannot be completed is destroyed. */
int iolu_replay(struct iolu_vm *vm, struct iolu_ioas *ioas)
{
	const struct iolu_map *map;
	int rc;

	if (ioas->object.id)
		return 0;
	rc = iolu_open_iommufd(vm);
	if (!rc)
		rc = alloc_ioas(vm, ioas);
	if (rc)
		return rc;
	for (map = ioas->maps; !rc && map; map = map->next)
		rc = do_map(vm, ioas, map);
	if (!rc)
		rc = iolu_map_bars(vm, ioas);
	if (rc) {
		destroy_ioas(vm, ioas);
		ioas->object.id = 0;
	}
	return rc;
}
