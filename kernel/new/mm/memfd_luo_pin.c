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
 * give the page to other users when the file is gone.
 */

#define pr_fmt(fmt) "memfd_luo: " fmt

#include <linux/atomic.h>
#include <linux/err.h>
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

/**
 * memfd_luo_check_error() - Refuse a folio with a memory error.
 * @inode: The memfd's.
 * @folio: The folio.
 *
 * Context: Any.
 * Return: 0, or -EHWPOISON.
 */
int memfd_luo_check_error(const struct inode *inode, struct folio *folio)
{
	if (!folio_contain_hwpoisoned_page(folio))
		return 0;
	pr_warn_ratelimited("memfd %llu: not preserved: page of the memfd has a memory error\n",
			    (u64)inode->i_ino);
	return -EHWPOISON;
}

/**
 * memfd_luo_check_errors() - Refuse folios with a memory error.
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

	/* Nearly always; a walk of all folios at freeze takes time */
	if (!IS_ENABLED(CONFIG_MEMORY_FAILURE) || !atomic_long_read(&num_poisoned_pages))
		return 0;
	for (i = 0; !err && i < nr_folios; i++) {
		err = memfd_luo_check_error(inode, pfn_folio(folios[i].pfn));
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
	int err = batch ? 0 : -ENOMEM;

	while (!err && start < size)
		err = memfd_luo_pin_batch(file, &start, size - 1, batch, &list);
	kvfree(batch);
	if (!err)
		err = memfd_luo_check_errors(file_inode(file), list.folios, list.nr_folios);
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
