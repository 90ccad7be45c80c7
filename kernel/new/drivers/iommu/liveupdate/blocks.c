// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Table pages in blocks
 *
 * KHO needs a key for each piece of memory that it keeps, and each key costs time
 * when the table is preserved and again while the next kernel boots. So the table
 * pages of a domain of iommufd that can be carried come from blocks: physically
 * contiguous and aligned to their size, a key each. How they get into the next
 * kernel: blocks_kho.c.
 *
 * The first block of a domain is small and each further one as large as all before
 * it together, up to a large page: a small table has few pages that it does not
 * need, and of a large one the blocks are few. Where there is no memory at hand in
 * so large pieces on the node a block is smaller, down to a single page. The pages
 * of a block are pages of their own, all counted as pages of IOMMU tables. A page
 * that is freed can become a table of the same domain again; with its last table a
 * block goes back to the page allocator.
 *
 * Not from a block is the table that a domain has from the start: it is made
 * before iommufd has the domain.
 *
 * Locking: blocks_lock protects all blocks of all domains. It is taken two or three
 * times in the life of a table, for a few instructions; filling one takes thousands.
 * Without it are the blocks of a domain that nobody can map or unmap in: a preserved
 * one, and one that is not adopted yet.
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

/**
 * iommu_block_new() - Allocate what describes a block, not its pages.
 * @order: Its size.
 * @gfp: Flags of the allocator.
 *
 * Return: A block without pages, to be given to kfree(), or NULL.
 */
struct iommu_pages_block *iommu_block_new(unsigned int order, gfp_t gfp)
{
	struct iommu_pages_block *block;

	block = kzalloc_flex(*block, used, BITS_TO_LONGS(BIT(order)), gfp);
	if (block)
		block->order = order;
	return block;
}

static struct iommu_pages_block *block_alloc(unsigned int order, int nid, gfp_t gfp)
{
	struct iommu_pages_block *block = iommu_block_new(order, gfp);

	if (!block)
		return NULL;
	/* Only what is there: no work, and no other node, for the sake of a key */
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

/* As iommu_alloc_pages_node_sz() counts its pages */
static void block_account(struct iommu_pages_block *block, int nr_pages)
{
	struct folio *folio = page_folio(block->page);

	mod_node_page_state(folio_pgdat(folio), NR_IOMMU_PAGES, nr_pages);
	lruvec_stat_mod_folio(folio, NR_SECONDARY_PAGETABLE, nr_pages);
}

/**
 * iommu_block_add() - It is one of the domain's, but gives no pages yet.
 * @blocks: The domain's.
 * @block: The block.
 *
 * Context: See Locking at the top, here and for iommu_block_open() and
 * iommu_block_use().
 */
void iommu_block_add(struct iommu_pages_blocks *blocks, struct iommu_pages_block *block)
{
	block->owner = blocks;
	hlist_add_head(&block->item, &blocks->all);
}

/**
 * iommu_block_open() - Its pages can become tables, and are counted.
 * @block: One that was added.
 */
void iommu_block_open(struct iommu_pages_block *block)
{
	struct iommu_pages_blocks *blocks = block->owner;

	hlist_add_head(&block->spare, &blocks->spare);
	blocks->nr_pages += BIT(block->order);
	block_account(block, BIT(block->order));
}

/**
 * iommu_block_use() - A page becomes a table.
 * @block: An open one.
 * @i: Which page of it.
 */
void iommu_block_use(struct iommu_pages_block *block, unsigned int i)
{
	__set_bit(i, block->used);
	set_page_private(block->page + i, (unsigned long)block);
	block->owner->nr_used++;
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

/* As large as what is there already, as far as there is memory for it */
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
 * @iommu_table: The page table that it is for.
 * @gfp: Flags of the page allocator.
 * @size: Bytes.
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
 * iommu_pages_put() - Give up a page that is not used any more.
 * @folio: The page, not counted any more. In a block it counts again.
 *
 * Context: Process context if it is of a block, else any.
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
	blocks = block->owner;
	scoped_guard(spinlock, &blocks_lock) {
		__clear_bit(folio_page(folio, 0) - block->page, block->used);
		if (block->nr_used-- == BIT(block->order))
			hlist_add_head(&block->spare, &blocks->spare);
		blocks->nr_used--;
		block_account(block, 1);
		if (block->nr_used)
			return;
		hlist_del(&block->item);
		hlist_del(&block->spare);
		blocks->nr_pages -= BIT(block->order);
		block_account(block, -(int)BIT(block->order));
	}
	block_free(block);
}
