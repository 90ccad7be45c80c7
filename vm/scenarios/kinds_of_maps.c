// SPDX-License-Identifier: GPL-2.0
/*
 * What VMMs have in an IOAS besides plain RAM: memfds without seals and memfds that cannot be
 * sealed, a part of a memfd, the same part at several IOVAs with other permissions. In the next
 * kernel two maps are one and one map is three; what is compared are addresses, not areas.
 *
 * promise: 4, 8
 * red when: mapped memfds need seals (`iommufd_lu_check_area`): the VM is not preserved
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kapi/iommufd.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define KIB		1024ull
#define AT		(VM_FREE_IOVA + 16 * MIB)
#define NO_SEALS	2u	/* indexes of memfds of the VM, after RAM and the NIC's */
#define UNSEALABLE	3u

static const struct {
	uint64_t size;
	unsigned int seals, mem;
} memory[] = {
	{ 3 * MIB, 0, NO_SEALS },
	{ 4 * MIB, F_SEAL_SEAL, UNSEALABLE },	/* as QEMU makes memory that is not RAM */
};

#define IN_PART(a)	{ AT + (a), MIB, 256 * KIB, UNSEALABLE, 1 }
#define READ_ONLY(a)	{ AT + (a), MIB, 256 * KIB, UNSEALABLE, 0 }
#define PART_AGAIN(a)	{ AT + (a), MIB + 128 * KIB, 64 * KIB, UNSEALABLE, 1 }

static const struct area previous[] = {
	{ AT, 0, MIB, NO_SEALS, 1 },
	{ AT + MIB, MIB, 512 * KIB, NO_SEALS, 1 },
	{ AT + 4 * MIB, MIB + 512 * KIB, MIB + 512 * KIB, NO_SEALS, 1 },
	IN_PART(8 * MIB), READ_ONLY(9 * MIB), PART_AGAIN(10 * MIB),
};

static const struct area next[] = {
	{ AT, 0, MIB + 512 * KIB, NO_SEALS, 1 },
	{ AT + 4 * MIB, MIB + 512 * KIB, 12 * KIB, NO_SEALS, 1 },
	{ AT + 4 * MIB + 12 * KIB, MIB + 524 * KIB, MIB, NO_SEALS, 1 },
	{ AT + 5 * MIB + 12 * KIB, 2 * MIB + 524 * KIB, 500 * KIB, NO_SEALS, 1 },
	IN_PART(8 * MIB), READ_ONLY(9 * MIB), PART_AGAIN(10 * MIB),
};

/* Pages that follow one another in the file do not in memory: each is a leaf of its own. */
static void fill(uint8_t *mem, uint64_t size)
{
	uint64_t i, bit, page;

	for (i = 0; i < 1024; i++) {
		for (page = 0, bit = 0; bit < 10; bit++)
			page |= (i >> bit & 1) << (9 - bit);
		if (page < size / PAGE)
			*(uint64_t *)(mem + page * PAGE) = ~page;
	}
}

static bool intact(const uint8_t *mem, uint64_t size)
{
	uint64_t page;

	for (page = 0; page < size / PAGE; page++)
		if (*(const uint64_t *)(mem + page * PAGE) != ~page)
			return false;
	return true;
}

static void add_memory(struct vm *vm)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(memory); i++) {
		const unsigned int mem = memory[i].mem;

		vm->data->mem_size[mem] = memory[i].size;
		vm->data->nmems = mem + 1;
		vm->mem_fd[mem] = vm_memfd(memory[i].size, memory[i].seals);
		vm->mem[mem] = must_map(vm->mem_fd[mem], memory[i].size, 0, "VM memory");
		fill(vm->mem[mem], memory[i].size);
	}
}

static int map_all(struct vm *vm, const struct area *area, size_t n)
{
	int rc = 0;

	for (; !rc && n; n--, area++)
		rc = ioas_map(vm->iommufd, vm->ioas[0], vm->mem_fd[area->mem], area);
	return rc;
}

static void frozen(int fd, uint64_t size, const char *name)
{
	int shrunk = ftruncate(fd, PAGE) ? -errno : 0, grown = ftruncate(fd, size + PAGE) ? -errno : 0;
	int hole = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE) ? -errno : 0;

	ok(shrunk == -EPERM && grown == -EPERM && hole == -EPERM, name,
	   "shrink: %d, grow: %d, hole: %d", shrunk, grown, hole);
}

static void before(void)
{
	struct vm *vm = story_vm(0);

	story_begin(one_nic_each, 1);
	add_memory(vm);
	ok_rc(map_all(vm, previous, ARRAY_SIZE(previous)), "memory of other kinds is mapped");
	story_preserve();
	frozen(vm->mem_fd[NO_SEALS], 3 * MIB, "a memfd without seals does not change once preserved");
	frozen(vm->mem_fd[UNSEALABLE], 4 * MIB, "nor does one that cannot be sealed");
	story_leave();
}

/* The alias is read-only in the table, and writable in the IOAS at first. */
static void rebuild(struct vm *vm)
{
	const struct area *alias = &next[ARRAY_SIZE(next) - 2];
	struct area writable = *alias;
	struct adoption got;

	writable.writable = 1;
	vm_map_space(vm, 0);
	ok_rc(map_all(vm, next, ARRAY_SIZE(next)), "they are mapped in other pieces");
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], alias->iova, alias->length), "but the alias");
	ok_rc(map_all(vm, &writable, 1), "which is writable now");
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got), EBADE,
		 "so the table is not adopted");
	ok(got.bad_iova == alias->iova, "and the alias is named", "0x%llx",
	   (unsigned long long)got.bad_iova);
	ok_rc(ioas_unmap(vm->iommufd, vm->ioas[0], alias->iova, alias->length), "it is unmapped");
	ok_rc(map_all(vm, alias, 1), "and mapped as it was");
}

static void unmap_all(struct vm *vm)
{
	const struct area *area;
	int rc = 0;

	for (area = next; !rc && area < next + ARRAY_SIZE(next); area++)
		rc = ioas_unmap(vm->iommufd, vm->ioas[0], area->iova, area->length);
	ok_rc(rc, "each piece can be unmapped by itself");
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	size_t i;

	story_arrive();
	story_retrieve();
	rebuild(vm);
	story_adopt();
	story_finish();
	for (i = 0; i < ARRAY_SIZE(memory); i++)
		ok(intact(vm->mem[memory[i].mem], memory[i].size), "the memory is as it was", "it is not");
	unmap_all(vm);
	story_end();
}

SCENARIO(.name = "kinds_of_maps", .timeout = 120, .before = before, .after = after);
