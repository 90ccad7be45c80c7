/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_MEMFD_HUGETLB_H
#define _LINUX_KHO_ABI_MEMFD_HUGETLB_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho/abi/memfd.h>

/**
 * DOC: Live update ABI of memfds of huge pages
 *
 * LUO hands over &struct memfd_hugetlb_ser of each file. Its list has an entry for each
 * huge page of the file, in ascending order and without holes.
 *
 * The KHO subtree %MEMFD_HUGETLB_POOL_SUBTREE is a page with &struct memfd_hugetlb_pool_ser.
 * It says how many huge pages come, by size and NUMA node, before the next kernel fills
 * its pools.
 *
 * A change of a structure is a new version in both names.
 */

/* The compatibility string of the file handler */
#define MEMFD_HUGETLB_FH_COMPATIBLE	"memfd-hugetlb-v2"

/* Name of the KHO subtree */
#define MEMFD_HUGETLB_POOL_SUBTREE	"memfd-hugetlb-pool-v2"

/**
 * struct memfd_hugetlb_ser - A memfd of huge pages.
 * @pos: The file's position.
 * @size: The file's size in bytes, a multiple of the huge page size.
 * @seals: The file's seals; none but MEMFD_LUO_ALL_SEALS.
 * @page_shift: Log2 of the huge page size.
 * @nr_folios: Entries in @folios: @size >> @page_shift.
 * @folios: KHO vmalloc descriptor of the array of &struct memfd_luo_folio_ser. Index is
 *	    in units of PAGE_SIZE, flags are 0. Not valid if @nr_folios is 0.
 */
struct memfd_hugetlb_ser {
	u64 pos;
	u64 size;
	u32 seals;
	u32 page_shift;
	u64 nr_folios;
	struct kho_vmalloc folios;
} __packed;

/**
 * struct memfd_hugetlb_pool_entry - Huge pages of one size on one NUMA node.
 * @page_shift: Log2 of the huge page size.
 * @nid: The NUMA node.
 * @nr: Pages in frozen files; can be 0.
 */
struct memfd_hugetlb_pool_entry {
	u32 page_shift;
	u32 nid;
	u64 nr;
};

#define MEMFD_HUGETLB_POOL_ENTRIES	255

/**
 * struct memfd_hugetlb_pool_ser - All huge pages that come to the next kernel.
 * @nr_files: Frozen files.
 * @nr_entries: Used entries; each pair of size and node is there once.
 * @entries: The entries.
 */
struct memfd_hugetlb_pool_ser {
	u64 nr_files;
	u64 nr_entries;
	struct memfd_hugetlb_pool_entry entries[MEMFD_HUGETLB_POOL_ENTRIES];
};

static_assert(sizeof(struct memfd_hugetlb_pool_ser) <= 4096);

#endif /* _LINUX_KHO_ABI_MEMFD_HUGETLB_H */
