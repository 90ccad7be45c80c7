// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the kernel maps in an IOAS, compared with the handle.
 *
 * The next kernel compares each page table with an IOAS that is rebuilt from the handle's lists. A
 * VMM can have changed an IOAS without the library, and can have imported mappings that are not
 * there; adoption would fail when it is too late. So a save asks the kernel for each area first.
 *
 * An area and the mappings in it need not be the same pieces. But an adopted table needs mappings
 * that do not end inside a leaf, and a leaf can end only where an area does: mappings of the handle
 * that are one area of the kernel are joined. BARs are taken over as the kernel has them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/iommufd.h>

#include "refusals.h"
#include "vm.h"

typedef struct iommu_ioas_liveupdate_area area_t;

static uint64_t last_of(const area_t *area)
{
	return area->iova + (area->out_length - 1);
}

static uint64_t last_of_map(const struct iolu_map *map)
{
	return map->iova + (map->length - 1);
}

static int refuse(struct iolu_vm *vm, const struct iolu_ioas *ioas, int rc,
		  enum iolu_refusal row, uint64_t iova, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

static int refuse(struct iolu_vm *vm, const struct iolu_ioas *ioas, int rc,
		  enum iolu_refusal row, uint64_t iova, const char *fmt, ...)
{
	char difference[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(difference, sizeof(difference), fmt, ap);
	va_end(ap);
	return iolu_fail(vm, rc, "IOAS \"%s\": not preserved: %s (IOVA 0x%llx: %s)",
			 ioas->object.name, iolu_refusal_sentence(row),
			 (unsigned long long)iova, difference);
}

#define differs(vm, ioas, iova, ...) \
	refuse(vm, ioas, -EBADE, REFUSED_IOAS_UNKNOWN, iova, __VA_ARGS__)

static const char *access_of(uint32_t flags)
{
	static const char *const names[] = { "no access", "read", "write", "read and write" };

	return names[flags & (IOLU_MAP_READ | IOLU_MAP_WRITE)];
}

static uint32_t access_to(const area_t *area)
{
	return (area->out_flags & IOMMU_LIVEUPDATE_AREA_READABLE ? IOLU_MAP_READ : 0) |
	       (area->out_flags & IOMMU_LIVEUPDATE_AREA_WRITEABLE ? IOLU_MAP_WRITE : 0);
}

static int check_access(struct iolu_vm *vm, const struct iolu_ioas *ioas, uint64_t iova,
			const area_t *area, uint32_t flags)
{
	if (access_to(area) == flags)
		return 0;
	return differs(vm, ioas, iova, "devices may %s in the kernel, %s in the handle",
		       access_of(access_to(area)), access_of(flags));
}

/* -- memory -- */

static bool is_file_of(const area_t *area, const struct iolu_memfd *memfd)
{
	struct stat st;

	return !fstat(memfd->fd, &st) && st.st_dev == area->out_dev && st.st_ino == area->out_inode;
}

static const struct iolu_memfd *file_of(const struct iolu_vm *vm, const area_t *area)
{
	const struct iolu_memfd *memfd;

	iolu_for_each(vm, IOLU_MEMFD, memfd)
		if (is_file_of(area, memfd))
			return memfd;
	return NULL;
}

/* Does @map at @iova have the memory of @area? */
static int compare_map(struct iolu_vm *vm, const struct iolu_ioas *ioas, uint64_t iova,
		       const area_t *area, const struct iolu_map *map)
{
	uint64_t has = area->out_offset + (iova - area->iova), offset;

	if (!map || map->iova > iova)
		return differs(vm, ioas, iova, "the kernel maps memory, the handle has no mapping");
	if (!is_file_of(area, map->memfd))
		return differs(vm, ioas, iova, "the kernel maps another file than memfd \"%s\"",
			       map->memfd->object.name);
	offset = map->offset + (iova - map->iova);
	if (has != offset)
		return differs(vm, ioas, iova, "the kernel maps offset 0x%llx of memfd \"%s\", the "
			       "handle offset 0x%llx", (unsigned long long)has,
			       map->memfd->object.name, (unsigned long long)offset);
	return check_access(vm, ioas, iova, area, map->flags);
}

static void join_next(struct iolu_vm *vm, struct iolu_map *map)
{
	struct iolu_map *next = map->next;

	map->length += next->length;
	map->next = next->next;
	vm->nmaps--;
	free(next);
}

/* @map: the first one that ends at the begin of the area or later */
static int check_memory(struct iolu_vm *vm, const struct iolu_ioas *ioas, const area_t *area,
			struct iolu_map *map)
{
	uint64_t iova;
	int rc;

	if (!file_of(vm, area))
		return refuse(vm, ioas, -ENOENT, REFUSED_IOAS_MEMFD, area->iova,
			      "no memfd of the handle");
	rc = compare_map(vm, ioas, area->iova, area, map);
	while (!rc && last_of_map(map) < last_of(area)) {
		iova = last_of_map(map) + 1;
		rc = compare_map(vm, ioas, iova, area, map->next);
		if (!rc)
			join_next(vm, map);
	}
	return rc;
}

/* The kernel maps no memory from @from up to @to. @map: the first one that ends behind @from */
static int check_gap(struct iolu_vm *vm, const struct iolu_ioas *ioas, uint64_t from, uint64_t to,
		     const struct iolu_map *map)
{
	if (!map || map->iova >= to)
		return 0;
	return differs(vm, ioas, map->iova > from ? map->iova : from,
		       "the kernel maps no memory, the handle memfd \"%s\"",
		       map->memfd->object.name);
}

/* -- BARs -- */

/* The VMM has no list of them: a device takes its BARs away at any time. */
static int learn_bar(struct iolu_vm *vm, struct iolu_ioas *ioas, const area_t *area)
{
	const struct iolu_bar bar = {
		.ioas = ioas, .region = area->out_bar, .offset = area->out_offset,
		.iova = area->iova, .length = area->out_length, .flags = access_to(area),
	};
	struct iolu_device *device;

	iolu_for_each(vm, IOLU_DEVICE, device)
		if (device->object.id == area->out_dev_id)
			return iolu_add_bar(vm, device, &bar);
	return differs(vm, ioas, area->iova, "the kernel maps BAR %u of a device that the handle does "
		       "not have", area->out_bar);
}

/* -- an IOAS -- */

/* The area behind @area, the first one if that is empty; -ENOENT: there is none */
static int next_area(struct iolu_vm *vm, const struct iolu_ioas *ioas, area_t *area)
{
	if (area->out_length) {
		area->iova = last_of(area) + 1;
		if (!area->iova)
			return -ENOENT;
	}
	if (!ioctl(vm->iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, area))
		return 0;
	if (errno == ENOENT)
		return -ENOENT;
	return iolu_fail(vm, -errno, "IOAS \"%s\": not preserved: %s", ioas->object.name,
			 errno == EBUSY ? iolu_refusal_sentence(REFUSED_IOAS_CHANGING) :
			 strerror(errno));
}

static struct iolu_map *skip_maps(struct iolu_map *map, uint64_t iova)
{
	while (map && last_of_map(map) < iova)
		map = map->next;
	return map;
}

static int check_other(struct iolu_vm *vm, struct iolu_ioas *ioas, const area_t *area)
{
	if (area->out_flags & IOMMU_LIVEUPDATE_AREA_REVOKED)
		return 0;
	if (area->out_flags & IOMMU_LIVEUPDATE_AREA_BAR)
		return learn_bar(vm, ioas, area);
	return refuse(vm, ioas, -EOPNOTSUPP, REFUSED_IOAS_MEMORY, area->iova, "0x%llx bytes",
		      (unsigned long long)area->out_length);
}

int iolu_check_areas(struct iolu_vm *vm, struct iolu_ioas *ioas)
{
	area_t area = { .size = sizeof(area), .ioas_id = ioas->object.id };
	struct iolu_map *map = ioas->maps;
	uint64_t from = 0;
	int rc;

	iolu_forget_bars(vm, ioas);
	while (!(rc = next_area(vm, ioas, &area))) {
		if (area.out_flags & IOMMU_LIVEUPDATE_AREA_FILE) {
			rc = check_gap(vm, ioas, from, area.iova, map);
			map = skip_maps(map, area.iova);
			if (!rc)
				rc = check_memory(vm, ioas, &area, map);
			from = last_of(&area) + 1;
			map = skip_maps(map, from);
		} else {
			rc = check_other(vm, ioas, &area);
		}
		if (rc)
			return rc;
	}
	if (rc == -ENOENT)
		rc = check_gap(vm, ioas, from, UINT64_MAX, map);
	return rc;
}
