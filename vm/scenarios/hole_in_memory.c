// SPDX-License-Identifier: GPL-2.0
/*
 * Between retrieve and adoption a hole is punched into memory that the NIC may write to. The page
 * is then no longer in the file; adoption is refused and names the IOVA, and the page is not given
 * to another user. The same in another VM, where iommufd pins more pages than it compares at
 * once: all of them are unpinned, once.
 *
 * promise: 4
 * red when: a pinned folio must still be in its file (`mapping` in `memfd_luo_held_end`): a table
 *   is adopted that maps a page which was punched out
 * red when: only folios of the last call are unpinned (`ufolios_end` in `pfn_reader_release_pins`):
 *   4,096 pages are unpinned twice
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "device/extra.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "os/memory.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"

#define HOLE	(2 * MIB + 5 * PAGE)	/* in the VM's RAM */

/* iommufd pins 8,192 folios with one call, and compares 5,461 runs of memory */
#define SCATTERED	(12288 * PAGE)
#define FAR_HOLE	(7000 * PAGE)

static struct minimal_vm other = { .name = "scattered", .size = SCATTERED };

/* No page is behind its neighbour in memory: the even ones are made first. */
static int scattered_memfd(void)
{
	int memfd = vm_memfd(SCATTERED, SEALS_FIXED);
	volatile char *at = must_map(memfd, SCATTERED, 0, "scattered memory");
	uint64_t first, i;

	for (first = 0; first < 2 * PAGE; first += PAGE)
		for (i = first; i < SCATTERED; i += 2 * PAGE)
			at[i] = 1;
	munmap((void *)at, SCATTERED);
	return memfd;
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	pci_find_device(EXTRA_VIRTIO_RNG, 0, other.bdf);
	other.memfd = scattered_memfd();
	minimal_vm_build_on(&other);
	minimal_vm_preserve(&other);
	story_preserve();
	story_leave();
}

static void hole(struct vm *vm, const uint64_t *word)
{
	uint64_t phys = phys_of(word), was = *word;

	ok_rc(memory_punch_hole(vm->mem_fd[VM_RAM], HOLE, PAGE), "a hole can be punched");
	ok(!*word, "the file has lost its contents", "it has not");
	vm_ram_fill(vm);
	ok(phys_of(word) != phys, "the file has another page there", "it has not");
	memory_pressure();
	ok(phys_read_u64(phys) == was, "the page that a NIC may write to has no other user",
	   "it holds 0x%llx", (unsigned long long)phys_read_u64(phys));
}

static long pins(void)
{
	return vmstat("nr_foll_pin_acquired") - vmstat("nr_foll_pin_released");
}

/* Refused while some of the pinned pages wait for their comparison */
static void far_hole(void)
{
	struct adoption got;
	long before;

	other.session = luo_retrieve(other.name);
	other.memfd = luo_retrieve_fd(other.session, TOKEN_MEM(0));
	other.iommufd = luo_retrieve_fd(other.session, TOKEN_IOMMUFD);
	ok_rc(memory_punch_hole(other.memfd, FAR_HOLE, PAGE), "the other VM gets a hole, too");
	ok_rc(minimal_vm_map(&other), "its memory is mapped");
	before = pins();
	ok_errno(hwpt_adopt(other.iommufd, other.ioas, MINIMAL_VM_TOKEN, &got), EBADE,
		 "its table cannot be adopted");
	ok(got.bad_iova == VM_RAM_IOVA + FAR_HOLE, "and the page is named", "IOVA 0x%llx",
	   (unsigned long long)got.bad_iova);
	ok(pins() == before, "each page is unpinned once", "%ld pins more", pins() - before);
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	struct adoption got;

	story_arrive();
	story_retrieve();
	hole(vm, (uint64_t *)(vm->mem[VM_RAM] + HOLE));
	vm_map_space(vm, 0);
	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got), EBADE,
		 "the table cannot be adopted with the other page");
	ok(got.bad_iova == VM_RAM_IOVA + HOLE, "and that page is named", "IOVA 0x%llx",
	   (unsigned long long)got.bad_iova);
	mark("finish.begin");
	ok_errno(luo_finish(vm->session), EBUSY, "and the session cannot be finished");
	mark("finish.end");
	far_hole();
	story_traffic("lu.post");
	story_judge();
}

SCENARIO(.name = "hole_in_memory", .mem = 768, .timeout = 150,
	 .qemu = "-device virtio-rng-pci,iommu_platform=on,disable-legacy=on,addr=0b",
	 .before = before, .after = after);
