// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Memory that KHO has preserved in many small pieces
 *
 * A VM's memory in pages of 4 KiB is one piece for each page. Two steps of KHO then cost
 * more than all others, and neither has to be done for each piece.
 *
 * To reserve a piece in memblock takes a search through all reserved regions. Pieces come
 * in ascending order within one size, so those that adjoin each other are reserved at
 * once. Until then nothing is allocated from them, because this kernel allocates from
 * KHO's scratch memory alone as long as it uses memblock.
 *
 * The number of managed pages decides how much of each zone is kept free for requests
 * that cannot use a higher zone. The pages of a piece that is restored are counted at
 * once; the reserves of the zones are computed later, once for many pieces.
 */

#include <linux/kho_bulk.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/workqueue.h>

static phys_addr_t kho_run_start __initdata;
static phys_addr_t kho_run_end __initdata;

/**
 * kho_reserve_run_end() - Reserve what kho_reserve_run() has collected.
 *
 * Context: Boot, before memblock releases its memory.
 */
void __init kho_reserve_run_end(void)
{
	phys_addr_t size = kho_run_end - kho_run_start;

	if (size) {
		memblock_reserve(kho_run_start, size);
		memblock_reserved_mark_noinit(kho_run_start, size);
	}
	kho_run_start = kho_run_end;
}

/**
 * kho_reserve_run() - Reserve a piece of preserved memory, now or with the next ones.
 * @phys: Its address.
 * @size: Its size in bytes.
 *
 * Context: Boot; kho_reserve_run_end() follows.
 */
void __init kho_reserve_run(phys_addr_t phys, phys_addr_t size)
{
	if (phys != kho_run_end) {
		kho_reserve_run_end();
		kho_run_start = phys;
	}
	kho_run_end = phys + size;
}

/* The page does not matter; this computes the reserves of all zones */
static void kho_update_reserves(struct work_struct *work)
{
	adjust_managed_page_count(ZERO_PAGE(0), 0);
}

static DECLARE_WORK(kho_update_reserves_work, kho_update_reserves);

/**
 * kho_add_managed_pages() - adjust_managed_page_count(), for one piece of many.
 * @page: The first page of a piece that is being restored.
 * @nr_pages: Its pages.
 *
 * Context: Any, after workqueue_init_early().
 */
void kho_add_managed_pages(struct page *page, long nr_pages)
{
	atomic_long_add(nr_pages, &page_zone(page)->managed_pages);
	totalram_pages_add(nr_pages);
	schedule_work(&kho_update_reserves_work);
}
