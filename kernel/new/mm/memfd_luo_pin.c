// SPDX-License-Identifier: GPL-2.0

/*
 * Pin the folios of a memfd that is being preserved, and list them.
 *
 * The number of folios is not known before they are pinned. An array of pointers for
 * each page of the file is more than the allocator gives for 1 TiB, so folios are pinned
 * in batches and the list grows with them. It is charged to the memory cgroup of the
 * caller, like the folios.
 *
 * Holes are filled, as memfd_pin_folios() does it: tasks and guests can write to a file
 * between preserve and kexec, and a page that is allocated then would be lost.
 *
 * Pages with a memory error are refused. The next kernel does not know of the error: it would
 * give the page to other users when the file is gone. Preserve looks for them before it pins:
 * such a page cannot be isolated, and memfd_pin_folios() would try without end to migrate it out
 * of CMA or ZONE_MOVABLE.
 */

#define pr_fmt(fmt) "memfd_luo: " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/folio_batch.h>
#include <linux/fs.h>
#include <linux/kho/abi/memfd.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "memfd_luo_hold.h"

#define MEMFD_LUO_PIN_BATCH	(SZ_1M / sizeof(struct folio *))

/* The list being made */
struct memfd_luo_list {
	struct memfd_luo_folio_ser *folios;
	u64 nr_folios;
	u64 room;
	u64 max_folios;
};

static int memfd_luo_list_grow(struct memfd_luo_list *list, u64 more)
{
	u64 room = list->nr_folios + more;
	void *folios;

	if (room <= list->room)
		return 0;
	room = min(max(room, 2 * list->room), list->max_folios);
	folios = vrealloc(list->folios, room * sizeof(*list->folios),
			  GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!folios)
		return -ENOMEM;
	list->folios = folios;
	list->room = room;
	return 0;
}

/* Pins as many folios from @start on as @batch has room for, and adds them to the list */
static int memfd_luo_pin_batch(struct file *file, loff_t *start, loff_t end,
			       struct folio **batch, struct memfd_luo_list *list)
{
	pgoff_t offset;
	long i, nr;
	int err;

	if (fatal_signal_pending(current))
		return -EINTR;
	nr = memfd_pin_folios(file, *start, end, batch, MEMFD_LUO_PIN_BATCH, &offset);
	if (nr <= 0)
		return nr ?: -EINVAL;
	err = memfd_luo_list_grow(list, nr);
	if (err) {
		unpin_folios(batch, nr);
		return err;
	}
	for (i = 0; i < nr; i++) {
		list->folios[list->nr_folios].pfn = folio_pfn(batch[i]);
		list->folios[list->nr_folios++].index = batch[i]->index;
	}
	*start = (loff_t)folio_next_index(batch[nr - 1]) << PAGE_SHIFT;
	cond_resched();
	return 0;
}

/* Nearly never; a walk of all folios takes time */
static bool memfd_luo_host_has_errors(void)
{
	return IS_ENABLED(CONFIG_MEMORY_FAILURE) && atomic_long_read(&num_poisoned_pages);
}

static int memfd_luo_check_error(const struct inode *inode, struct folio *folio,
				 const char *done)
{
	if (!folio_contain_hwpoisoned_page(folio))
		return 0;
	pr_warn_ratelimited("memfd %llu: not %s: page of the memfd has a memory error\n",
			    (u64)inode->i_ino, done);
	return -EHWPOISON;
}

/* Holes, and pages in swap, have no error. */
static int memfd_luo_check_cached(struct address_space *mapping, loff_t size)
{
	pgoff_t index = 0, last = (size - 1) >> PAGE_SHIFT;
	struct folio_batch fbatch;
	unsigned int i;
	int err = 0;

	if (!memfd_luo_host_has_errors())
		return 0;
	folio_batch_init(&fbatch);
	while (!err && filemap_get_folios(mapping, &index, last, &fbatch)) {
		for (i = 0; !err && i < folio_batch_count(&fbatch); i++)
			err = memfd_luo_check_error(mapping->host, fbatch.folios[i], "preserved");
		folio_batch_release(&fbatch);
		cond_resched();
	}
	return err;
}

/**
 * memfd_luo_check_errors() - Refuse to freeze folios with a memory error.
 * @inode: The memfd's.
 * @folios: The list from memfd_luo_pin().
 * @nr_folios: Entries in @folios.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EHWPOISON.
 */
int memfd_luo_check_errors(const struct inode *inode, const struct memfd_luo_folio_ser *folios,
			   u64 nr_folios)
{
	int err = 0;
	u64 i;

	if (!memfd_luo_host_has_errors())
		return 0;
	for (i = 0; !err && i < nr_folios; i++) {
		err = memfd_luo_check_error(inode, pfn_folio(folios[i].pfn), "frozen");
		cond_resched();
	}
	return err;
}

/**
 * memfd_luo_pin() - Pin all folios of a memfd.
 * @file: The memfd; its size does not change.
 * @size: Its size in bytes, not 0.
 * @nr_folios: Out: entries in the list.
 *
 * Context: Process context, may sleep.
 * Return: The list, in ascending order of index, with pfn and index of each folio, in
 * vmalloc memory; or an ERR_PTR(): -ENOMEM, -EHWPOISON for a memory error, -EINTR for a task
 * that is being killed, or that of memfd_pin_folios().
 */
struct memfd_luo_folio_ser *memfd_luo_pin(struct file *file, loff_t size, u64 *nr_folios)
{
	struct memfd_luo_list list = { .max_folios = DIV_ROUND_UP_ULL(size, PAGE_SIZE) };
	struct folio **batch = kvmalloc_objs(*batch, MEMFD_LUO_PIN_BATCH);
	loff_t start = 0;
	int err = batch ? memfd_luo_check_cached(file->f_mapping, size) : -ENOMEM;

	while (!err && start < size)
		err = memfd_luo_pin_batch(file, &start, size - 1, batch, &list);
	kvfree(batch);
	if (err) {
		memfd_luo_unpin(list.folios, list.nr_folios);
		vfree(list.folios);
		return ERR_PTR(err);
	}
	*nr_folios = list.nr_folios;
	/* Cannot fail: it becomes smaller */
	return vrealloc(list.folios, list.nr_folios * sizeof(*list.folios),
			GFP_KERNEL_ACCOUNT | __GFP_ZERO);
}

/**
 * memfd_luo_unpin() - Unpin the folios of a list from memfd_luo_pin().
 * @folios: The list.
 * @nr_folios: Entries in @folios.
 *
 * Context: Process context, may sleep.
 */
void memfd_luo_unpin(const struct memfd_luo_folio_ser *folios, u64 nr_folios)
{
	u64 i;

	for (i = 0; i < nr_folios; i++) {
		unpin_folio(pfn_folio(folios[i].pfn));
		cond_resched();
	}
}
