// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Allocation of table pages in blocks
 *
 * KHO needs a key for each contiguous piece of preserved memory, and each key costs
 * time when the table is preserved and again while the next kernel boots. So the
 * table pages of a domain of iommufd that can be preserved come from blocks:
 * physically contiguous, aligned to their size, a key each. See blocks_kho.c for
 * their way into the next kernel.
 *
 * The first block of a domain is small, and each further block is as large as all
 * blocks before it together, up to the size of a large page. So a small table has
 * few unused pages, and a large table has few blocks. If the node has no free memory
 * of that size, the block is smaller, down to a single page. The pages of a block
 * are separate pages, all counted as pages of IOMMU tables. A freed page can become
 * a table of the same domain again. A block without tables goes back to the page
 * allocator.
 *
 * The top table of a new domain is in no block: it is allocated before iommufd has
 * the domain.
 *
 * Locking: blocks_lock protects the blocks of all domains. It is held for a few
 * instructions, two or three times in the life of a table; filling a table takes
 * thousands of instructions. A domain that cannot be mapped or unmapped needs no
 * lock: a preserved domain, and an incoming domain before adoption.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/generic_pt/iommu.h>
#include <linux/gfp.h>
#include <linux/iommu-liveupdate.h>
#include <linux/liveupdate.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../iommu-pages.h"
#include "blocks.h"

static DEFINE_SPINLOCK(blocks_lock);

static struct iommu_pages_block *block_alloc(unsigned int order, int nid, gfp_t gfp)
{
	struct iommu_pages_block *block = iommu_block_new(order, gfp);

	if (!block)
		return NULL;
	/* A large block is an optimisation: take only free memory of this node */
	if (order)
		gfp = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_THISNODE | __GFP_NOWARN;
	block->page = alloc_pages_node(nid, gfp, order);
	if (!block->page) {
		kfree(block);
		return NULL;
	}
	split_page(block->page, order);
	return block;
}

static void block_free(struct iommu_pages_block *block)
{
	unsigned int i;

	for (i = 0; i < BIT(block->order); i++)
		__free_page(block->page + i);
	kfree(block);
}

/**
 * iommu_block_open() - Let the pages of a block become tables, and account for them.
 * @block: A block that iommu_block_add() added.
 *
 * Context: See Locking at the top of this file.
 */
void iommu_block_open(struct iommu_pages_block *block)
{
	struct iommu_pages_blocks *blocks = block->set;

	hlist_add_head(&block->spare, &blocks->spare);
	blocks->nr_pages += BIT(block->order);
	iommu_block_account(block, BIT(block->order));
}

/**
 * iommu_block_use() - Mark a page of a block as a table.
 * @block: An open block.
 * @i: Index of the page in the block.
 *
 * Context: See Locking at the top of this file.
 */
void iommu_block_use(struct iommu_pages_block *block, unsigned int i)
{
	__set_bit(i, block->used);
	set_page_private(block->page + i, (unsigned long)block);
	block->set->nr_used++;
	if (++block->nr_used == BIT(block->order))
		hlist_del_init(&block->spare);
}

static struct page *blocks_take(struct iommu_pages_blocks *blocks)
{
	struct iommu_pages_block *block;
	unsigned int i;

	block = hlist_entry_safe(blocks->spare.first, struct iommu_pages_block, spare);
	if (!block)
		return NULL;
	i = find_first_zero_bit(block->used, BIT(block->order));
	iommu_block_use(block, i);
	return block->page + i;
}

/* Add a block as large as all present blocks together, or smaller if memory is short */
static struct page *blocks_grow(struct iommu_pages_blocks *blocks, int nid, gfp_t gfp)
{
	u64 nr_pages = max(READ_ONCE(blocks->nr_pages), BIT(BLOCK_MIN_ORDER));
	int order = min(ilog2(nr_pages), BLOCK_MAX_ORDER);
	struct iommu_pages_block *block;

	do {
		block = block_alloc(order, nid, gfp);
	} while (!block && order--);
	if (!block)
		return NULL;

	guard(spinlock)(&blocks_lock);
	iommu_block_add(blocks, block);
	iommu_block_open(block);
	return blocks_take(blocks);
}

/**
 * pt_liveupdate_alloc_table() - Allocate a zeroed table.
 * @iommu_table: The page table that gets the new table.
 * @gfp: Flags of the page allocator.
 * @size: Size of the table in bytes.
 *
 * Context: As @gfp allows; process context for a domain of iommufd.
 * Return: The table, to be freed as if iommu_alloc_pages_node_sz() had returned it,
 * or NULL.
 */
void *pt_liveupdate_alloc_table(struct pt_iommu *iommu_table, gfp_t gfp, size_t size)
{
	struct iommu_pages_blocks *blocks = &iommu_table->liveupdate.blocks;
	struct page *page;

	if (iommu_table->domain.cookie_type != IOMMU_COOKIE_IOMMUFD ||
	    size > PAGE_SIZE || !liveupdate_enabled() ||
	    iommu_liveupdate_supported(&iommu_table->domain))
		return iommu_alloc_pages_node_sz(iommu_table->nid, gfp, size);

	scoped_guard(spinlock, &blocks_lock)
		page = blocks_take(blocks);
	if (!page)
		page = blocks_grow(blocks, iommu_table->nid, gfp);
	if (!page)
		return NULL;
	clear_page(page_address(page));
	folio_ioptdesc(page_folio(page))->incoherent = false;
	return page_address(page);
}
EXPORT_SYMBOL_GPL(pt_liveupdate_alloc_table);

/**
 * iommu_pages_put() - Free a table page, or return it to its block.
 * @folio: The page, no longer accounted for. A page in a block is accounted for again.
 *
 * Context: Process context if the page is in a block, else any context.
 */
void iommu_pages_put(struct folio *folio)
{
	struct iommu_pages_block *block = folio_get_private(folio);
	struct iommu_pages_blocks *blocks;

	if (!block) {
		folio_put(folio);
		return;
	}
	folio->private = NULL;
	blocks = block->set;
	scoped_guard(spinlock, &blocks_lock) {
		__clear_bit(folio_page(folio, 0) - block->page, block->used);
		if (block->nr_used-- == BIT(block->order))
			hlist_add_head(&block->spare, &blocks->spare);
		blocks->nr_used--;
		iommu_block_account(block, 1);
		if (block->nr_used)
			return;
		hlist_del(&block->item);
		hlist_del(&block->spare);
		blocks->nr_pages -= BIT(block->order);
		iommu_block_account(block, -(int)BIT(block->order));
	}
	block_free(block);
}
