// SPDX-License-Identifier: GPL-2.0

/*
 * Memfds of huge pages in the next kernel: retrieved, or released unretrieved. See
 * memfd_hugetlb_luo.c.
 */

#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/hugetlb_cgroup.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd_hugetlb.h>
#include <linux/liveupdate.h>
#include <linux/memcontrol.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>
#include <uapi/linux/memfd.h>

#include "hugetlb_internal.h"
#include "memfd_luo_hold.h"

/*
 * The list of a file's folios, in the pages that KHO keeps. kho_restore_vmalloc() is of no use
 * here: where it fails for want of memory, the list is lost, and with it the huge pages.
 *
 * The list may be damaged: a page is read and freed while KHO has it, and once.
 */
static void *memfd_hugetlb_kept(phys_addr_t phys, size_t size)
{
	return kho_restorable(phys, size) ? phys_to_virt(phys) : NULL;
}

static struct memfd_luo_folio_ser *memfd_hugetlb_entry(const struct kho_vmalloc *list, u64 index)
{
	struct kho_vmalloc_chunk *chunk = memfd_hugetlb_kept(list->first.phys, PAGE_SIZE);
	size_t size = PAGE_SIZE << list->order;
	u64 at = index * sizeof(struct memfd_luo_folio_ser);
	u64 nr = at / size;
	void *run;

	for (; chunk && nr >= KHO_VMALLOC_SIZE; nr -= KHO_VMALLOC_SIZE)
		chunk = memfd_hugetlb_kept(chunk->hdr.next.phys, PAGE_SIZE);
	run = chunk ? memfd_hugetlb_kept(chunk->phys[nr], size) : NULL;
	return run ? run + at % size : NULL;
}

static void memfd_hugetlb_free_pages(phys_addr_t phys, unsigned long nr)
{
	struct page *page = NULL;

	if (memfd_hugetlb_kept(phys, nr << PAGE_SHIFT))
		page = kho_restore_pages(phys, nr);
	while (page && nr--)
		__free_page(page++);
}

static void memfd_hugetlb_free_list(const struct kho_vmalloc *list)
{
	phys_addr_t next, phys = list->first.phys;
	struct kho_vmalloc_chunk *chunk;
	unsigned int i;

	while ((chunk = memfd_hugetlb_kept(phys, PAGE_SIZE))) {
		for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++)
			memfd_hugetlb_free_pages(chunk->phys[i], 1UL << list->order);
		next = chunk->hdr.next.phys;
		memfd_hugetlb_free_pages(phys, 1);
		phys = next;
	}
}

/* Without memory or with a damaged list, all is left as it is. */
static struct memfd_luo_folio_ser *memfd_hugetlb_take_list(const struct memfd_hugetlb_ser *ser)
{
	struct memfd_luo_folio_ser *folios, *entry;
	u64 i, nr, run;

	folios = vmalloc_array(ser->nr_folios, sizeof(*folios));
	if (!folios)
		return ERR_PTR(-ENOMEM);
	run = (PAGE_SIZE << ser->folios.order) / sizeof(*folios);
	for (i = 0; i < ser->nr_folios; i += nr) {
		nr = min(run, ser->nr_folios - i);
		entry = memfd_hugetlb_entry(&ser->folios, i);
		if (!entry) {
			vfree(folios);
			return ERR_PTR(-EBADMSG);
		}
		memcpy(&folios[i], entry, nr * sizeof(*folios));
	}
	memfd_hugetlb_free_list(&ser->folios);
	return folios;
}

/*
 * A huge page of the pool, in use, with one reference. If KHO does not have it, its pfn is
 * 0 afterwards and NULL is returned.
 */
static struct folio *memfd_hugetlb_restore_folio(struct hstate *h,
						 struct memfd_luo_folio_ser *entry)
{
	phys_addr_t phys = PFN_PHYS(entry->pfn);
	struct folio *folio = NULL;

	/* Of exactly this size */
	if (kho_restorable(phys, huge_page_size(h)) && !kho_restorable(phys, 2 * huge_page_size(h)))
		folio = kho_restore_folio(phys);
	if (!folio) {
		if (pfn_valid(entry->pfn))
			memfd_hugetlb_pool_lost(h, pfn_to_nid(entry->pfn));
		entry->pfn = 0;
		return NULL;
	}
	init_new_hugetlb_folio(folio);
	memfd_hugetlb_pool_came(h, folio);
	/* free_huge_folio() subtracts it, from the cgroup that is charged then */
	lruvec_stat_mod_folio(folio, NR_HUGETLB, pages_per_huge_page(h));
	return folio;
}

/* The count of huge pages goes along into the cgroup */
static int memfd_hugetlb_charge_memory(struct hstate *h, struct folio *folio)
{
	long nr = pages_per_huge_page(h);
	int err;

	if (!(cgrp_dfl_root.flags & CGRP_ROOT_MEMORY_HUGETLB_ACCOUNTING))
		return 0;
	lruvec_stat_mod_folio(folio, NR_HUGETLB, -nr);
	err = mem_cgroup_charge(folio, NULL, GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	lruvec_stat_mod_folio(folio, NR_HUGETLB, nr);
	return err;
}

/* free_huge_folio() undoes it, also if it fails */
static int memfd_hugetlb_charge(struct hstate *h, struct folio *folio)
{
	struct hugetlb_cgroup *h_cg = NULL, *rsvd = NULL;
	unsigned long nr = pages_per_huge_page(h);
	int idx = hstate_index(h);
	int err;

	err = hugetlb_cgroup_charge_cgroup_rsvd(idx, nr, &rsvd);
	if (err)
		return err;
	err = hugetlb_cgroup_charge_cgroup(idx, nr, &h_cg);
	if (err) {
		hugetlb_cgroup_uncharge_cgroup_rsvd(idx, nr, rsvd);
		return err;
	}
	scoped_guard(spinlock_irq, &hugetlb_lock) {
		hugetlb_cgroup_commit_charge(idx, nr, h_cg, folio);
		hugetlb_cgroup_commit_charge_rsvd(idx, nr, rsvd, folio);
	}
	return memfd_hugetlb_charge_memory(h, folio);
}

/* Makes the folio the file's, with a region that says that it needs no reservation */
static int memfd_hugetlb_add(struct inode *inode, struct hstate *h, struct folio *folio,
			     long index)
{
	struct resv_map *regions = HUGETLBFS_I(inode)->resv_map;
	long needed = 0;
	int err;

	err = memfd_hugetlb_charge(h, folio);
	if (err)
		return err;
	if (region_chg(regions, index, index + 1, &needed) < 0)
		return -ENOMEM;
	__folio_mark_uptodate(folio);
	err = hugetlb_add_to_page_cache(folio, inode->i_mapping, index);
	if (err) {
		region_abort(regions, index, index + 1, needed);
		return err;
	}
	region_add(regions, index, index + 1, needed, NULL, NULL);
	hugetlb_set_folio_subpool(folio, subpool_inode(inode));
	folio_set_hugetlb_migratable(folio);
	folio_unlock(folio);
	return 0;
}

/*
 * Restores all folios of the list with an additional reference. After an error the rest of
 * them has that reference only.
 */
static int memfd_hugetlb_retrieve_folios(struct inode *inode, struct hstate *h,
					 struct memfd_luo_folio_ser *folios, u64 nr_folios)
{
	struct folio *folio;
	int err = 0;
	u64 i;

	for (i = 0; i < nr_folios; i++) {
		if (!err && folios[i].index != i << huge_page_order(h))
			err = -EBADMSG;
		folio = memfd_hugetlb_restore_folio(h, &folios[i]);
		if (!folio) {
			err = err ?: -EIO;
			continue;
		}
		folio_get(folio);
		if (!err)
			err = memfd_hugetlb_add(inode, h, folio, i);
		folio_put(folio);
		cond_resched();
	}
	return err;
}

/* Gives the file its folios. After an error the file has some of them, or none. */
static int memfd_hugetlb_fill(struct inode *inode, struct hstate *h,
			      const struct liveupdate_file_op_args *args,
			      struct memfd_hugetlb_ser *ser)
{
	struct memfd_luo_folio_ser *folios;
	struct memfd_luo_hold *hold;
	int err;

	hold = memfd_luo_hold_alloc();
	if (!hold)
		return -ENOMEM;
	folios = memfd_hugetlb_take_list(ser);
	if (IS_ERR(folios)) {
		kfree(hold);
		return PTR_ERR(folios);
	}
	err = memfd_hugetlb_retrieve_folios(inode, h, folios, ser->nr_folios);
	memfd_luo_hold(hold, args, err ? NULL : inode, folios, ser->nr_folios);
	/* Nothing is left for finish() */
	if (err)
		kho_restore_free(ser);
	return err;
}

static bool memfd_hugetlb_valid(const struct memfd_hugetlb_ser *ser, struct hstate *h)
{
	return !(ser->seals & ~MEMFD_LUO_ALL_SEALS) && ser->size <= MAX_LFS_FILESIZE &&
	       IS_ALIGNED(ser->size, huge_page_size(h)) &&
	       ser->folios.order <= MAX_PAGE_ORDER &&
	       ser->nr_folios == ser->size >> huge_page_shift(h);
}

static struct hstate *memfd_hugetlb_hstate(const struct memfd_hugetlb_ser *ser)
{
	return ser->page_shift < BITS_PER_LONG ? size_to_hstate(1UL << ser->page_shift) : NULL;
}

/**
 * memfd_hugetlb_retrieve() - Make a memfd of what the previous kernel preserved.
 * @args: LUO's arguments.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENODEV without pages of this size, -EBADMSG for an invalid record, -EIO if
 * KHO does not have a page, -ENOMEM, -ENOSPC if there is no memory for an inode, or the
 * error of a cgroup. After an error the pages stay in place until memfd_hugetlb_finish().
 */
int memfd_hugetlb_retrieve(struct liveupdate_file_op_args *args)
{
	struct memfd_hugetlb_ser *ser = phys_to_virt(args->serialized_data);
	struct hstate *h = memfd_hugetlb_hstate(ser);
	struct file *file;
	int err;

	if (!h)
		return -ENODEV;
	if (!memfd_hugetlb_valid(ser, h))
		return -EBADMSG;
	file = memfd_alloc_file("", MFD_HUGETLB | MFD_ALLOW_SEALING |
				    ser->page_shift << MFD_HUGE_SHIFT);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = memfd_add_seals(file, ser->seals);
	if (err)
		goto err_put;
	vfs_setpos(file, ser->pos, MAX_LFS_FILESIZE);
	i_size_write(file_inode(file), ser->size);
	if (ser->nr_folios) {
		err = memfd_hugetlb_fill(file_inode(file), h, args, ser);
		if (err)
			goto err_put;
	}
	args->file = file;
	kho_restore_free(ser);
	return 0;

err_put:
	/* What is still KHO's is released by finish() */
	fput(file);
	return err;
}

/* Return the pages of a file that was not retrieved to the pool */
static void memfd_hugetlb_release(struct memfd_hugetlb_ser *ser, struct hstate *h)
{
	struct memfd_luo_folio_ser *entry;
	struct folio *folio;
	u64 i;

	for (i = 0; i < ser->nr_folios; i++) {
		entry = memfd_hugetlb_entry(&ser->folios, i);
		folio = entry ? memfd_hugetlb_restore_folio(h, entry) : NULL;
		if (folio)
			folio_put(folio);
		cond_resched();
	}
	memfd_hugetlb_free_list(&ser->folios);
}

/**
 * memfd_hugetlb_finish() - End the preservation of a memfd.
 * @args: LUO's arguments. If the memfd was not retrieved, its pages return to the pool.
 *
 * Context: Process context, may sleep. Never fails.
 */
void memfd_hugetlb_finish(struct liveupdate_file_op_args *args)
{
	struct memfd_hugetlb_ser *ser;
	struct hstate *h;

	if (memfd_luo_release(args))
		return;
	ser = phys_to_virt(args->serialized_data);
	h = memfd_hugetlb_hstate(ser);
	if (h && memfd_hugetlb_valid(ser, h) && ser->nr_folios)
		memfd_hugetlb_release(ser, h);
	kho_restore_free(ser);
}
