// SPDX-License-Identifier: GPL-2.0

/*
 * Memfds of huge pages in the next kernel: retrieved, or released unretrieved. See
 * memfd_hugetlb_luo.c.
 */

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd_hugetlb.h>
#include <linux/liveupdate.h>
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
		entry->pfn = 0;
		return NULL;
	}
	init_new_hugetlb_folio(folio);
	memfd_hugetlb_pool_came(h, folio);
	/* free_huge_folio() subtracts it, from the cgroup that is charged then */
	lruvec_stat_mod_folio(folio, NR_HUGETLB, pages_per_huge_page(h));
	return folio;
}

/* Makes the folio the file's, with a region that says that it needs no reservation */
static int memfd_hugetlb_add(struct inode *inode, struct folio *folio, long index)
{
	struct resv_map *regions = HUGETLBFS_I(inode)->resv_map;
	long needed = 0;
	int err;

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

static int memfd_hugetlb_add_all(struct inode *inode, const struct memfd_luo_folio_ser *folios,
				 u64 nr_folios)
{
	int err = 0;
	u64 i;

	for (i = 0; !err && i < nr_folios; i++) {
		err = memfd_hugetlb_add(inode, pfn_folio(folios[i].pfn), i);
		cond_resched();
	}
	return err;
}

/* Every page of the file has come, and the list is in order */
static int memfd_hugetlb_check_list(struct hstate *h, const struct memfd_luo_folio_ser *folios,
				    u64 nr_folios)
{
	u64 i;

	for (i = 0; i < nr_folios; i++) {
		if (folios[i].index != i << huge_page_order(h))
			return -EBADMSG;
		if (!folios[i].pfn)
			return -EIO;
	}
	return 0;
}

/* Gives the file its folios, charged. After an error it may have some, and none is charged. */
static int memfd_hugetlb_fill(struct inode *inode, struct hstate *h,
			      const struct memfd_luo_folio_ser *folios, u64 nr_folios)
{
	int err;

	err = memfd_hugetlb_check_list(h, folios, nr_folios);
	if (err)
		return err;
	err = memfd_hugetlb_charge_all(h, folios, nr_folios);
	if (err)
		return err;
	err = memfd_hugetlb_add_all(inode, folios, nr_folios);
	if (err)
		memfd_hugetlb_uncharge_all(h, folios, nr_folios);
	return err;
}

/* Restores all folios of the list, each with a reference, which an earlier attempt may have done */
static struct memfd_luo_hold *
memfd_hugetlb_restore(struct hstate *h, const struct liveupdate_file_op_args *args,
		      const struct memfd_hugetlb_ser *ser, struct memfd_luo_folio_ser **folios)
{
	struct memfd_luo_hold *hold = memfd_luo_hold_resume(args, folios);
	u64 i;

	if (hold)
		return hold;
	hold = memfd_luo_hold_alloc();
	if (!hold)
		return ERR_PTR(-ENOMEM);
	*folios = memfd_hugetlb_take_list(ser);
	if (IS_ERR(*folios)) {
		kfree(hold);
		return ERR_CAST(*folios);
	}
	for (i = 0; i < ser->nr_folios; i++) {
		memfd_hugetlb_restore_folio(h, &(*folios)[i]);
		cond_resched();
	}
	return hold;
}

/* After an error all that was restored is held, for the next attempt or until finish() */
static int memfd_hugetlb_retrieve_folios(struct inode *inode, struct hstate *h,
					 const struct liveupdate_file_op_args *args,
					 const struct memfd_hugetlb_ser *ser)
{
	struct memfd_luo_folio_ser *folios;
	struct memfd_luo_hold *hold;
	int err;

	if (!ser->nr_folios)
		return 0;
	hold = memfd_hugetlb_restore(h, args, ser, &folios);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = memfd_hugetlb_fill(inode, h, folios, ser->nr_folios);
	memfd_luo_hold(hold, args, err ? NULL : inode, folios, ser->nr_folios);
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
 * Nothing is lost by an error: the pages stay in place, in no cgroup, until an attempt
 * succeeds or memfd_hugetlb_finish().
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENODEV without pages of this size, -EBADMSG for an invalid record, -EIO if
 * KHO does not have a page, -ENOMEM, -ENOSPC if there is no memory for an inode, or
 * -EDQUOT for the limit of a cgroup.
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
	err = memfd_hugetlb_retrieve_folios(file_inode(file), h, args, ser);
	if (err)
		goto err_put;
	args->file = file;
	return 0;

err_put:
	/* At once: another attempt puts the same folios into another file */
	__fput_sync(file);
	return err;
}

/* Return the pages of a file that was not retrieved to the pool, as far as they are known */
static void memfd_hugetlb_release(struct memfd_hugetlb_ser *ser)
{
	struct hstate *h = memfd_hugetlb_hstate(ser);
	struct memfd_luo_folio_ser *entry;
	struct folio *folio;
	u64 i;

	if (!h || !memfd_hugetlb_valid(ser, h) || !ser->nr_folios)
		return;
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
	struct memfd_hugetlb_ser *ser = phys_to_virt(args->serialized_data);

	if (!memfd_luo_release(args))
		memfd_hugetlb_release(ser);
	memfd_hugetlb_pool_ended();
	kho_restore_free(ser);
}
