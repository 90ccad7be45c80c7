// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Table pages in blocks
 *
 * KHO needs a key for each piece of memory that it keeps, and each key costs time
 * when the table is preserved and again while the next kernel boots. So the table
 * pages of a domain of iommufd that can be carried come from blocks: physically
 * contiguous and aligned to their size, a key each. Preserving a table takes its
 * blocks and reads no table page.
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
 * The next kernel finds the blocks by the pointers in the table. A pointer that is
 * damaged may lead to memory that was kept for somebody else. So the record of the
 * domain has the sum of the CRCs of all blocks, and with another one the table is
 * not used, nor any of its memory given back.
 *
 * Locking: blocks_lock protects all blocks of all domains. It is taken two or three
 * times in the life of a table, for a few instructions; filling one takes thousands.
 * A preserved table does not change, so its blocks are read without.
 */
#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/export.h>
#include <linux/generic_pt/iommu.h>
#include <linux/gfp.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "iommu-pages.h"
#include "liveupdate-blocks.h"

#define BLOCK_MIN_ORDER		3
#define BLOCK_MAX_ORDER		min(PMD_SHIFT - PAGE_SHIFT, MAX_PAGE_ORDER)

static DEFINE_SPINLOCK(blocks_lock);

static struct iommu_pages_block *block_new(unsigned int order, gfp_t gfp)
{
	struct iommu_pages_block *block;

	block = kzalloc_flex(*block, used, BITS_TO_LONGS(BIT(order)), gfp);
	if (block)
		block->order = order;
	return block;
}

static struct iommu_pages_block *block_alloc(unsigned int order, int nid, gfp_t gfp)
{
	struct iommu_pages_block *block = block_new(order, gfp);

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

static void block_add(struct iommu_pages_blocks *blocks, struct iommu_pages_block *block)
{
	block->owner = blocks;
	hlist_add_head(&block->item, &blocks->all);
	hlist_add_head(&block->spare, &blocks->spare);
	blocks->nr_pages += BIT(block->order);
	block_account(block, BIT(block->order));
}

static void block_use(struct iommu_pages_block *block, unsigned int i)
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
	block_use(block, i);
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
	block_add(blocks, block);
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

/**
 * iommu_blocks_preserve() - Have KHO keep all blocks of a domain.
 * @blocks: The domain's; the caller keeps its table from changing.
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error of kho_preserve_pages(), then nothing is preserved.
 */
int iommu_blocks_preserve(struct iommu_pages_blocks *blocks)
{
	struct iommu_pages_block *block, *undo;
	int ret;

	hlist_for_each_entry(block, &blocks->all, item) {
		ret = kho_preserve_pages(block->page, BIT(block->order));
		if (ret)
			goto err_undo;
	}
	return 0;

err_undo:
	hlist_for_each_entry(undo, &blocks->all, item) {
		if (undo == block)
			break;
		kho_unpreserve_pages(undo->page, BIT(undo->order));
	}
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_blocks_preserve);

/**
 * iommu_blocks_unpreserve() - Undo iommu_blocks_preserve().
 * @blocks: The domain's.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_blocks_unpreserve(struct iommu_pages_blocks *blocks)
{
	struct iommu_pages_block *block;

	hlist_for_each_entry(block, &blocks->all, item)
		kho_unpreserve_pages(block->page, BIT(block->order));
}
EXPORT_SYMBOL_GPL(iommu_blocks_unpreserve);

/**
 * iommu_blocks_crc() - What a block adds to the sum in its domain's record.
 * @phys: Where it begins.
 * @order: Its size.
 *
 * Return: A CRC-32.
 */
u32 iommu_blocks_crc(phys_addr_t phys, unsigned int order)
{
	__le64 key = cpu_to_le64(phys | order);

	return crc32_le(~0, (const u8 *)&key, sizeof(key));
}
EXPORT_SYMBOL_GPL(iommu_blocks_crc);

/**
 * iommu_blocks_sum() - Which blocks does a domain have?
 * @blocks: The domain's; the caller keeps its table from changing.
 *
 * Return: The sum of their CRCs, the same for the same blocks in any order.
 */
u64 iommu_blocks_sum(const struct iommu_pages_blocks *blocks)
{
	struct iommu_pages_block *block;
	u64 sum = 0;

	hlist_for_each_entry(block, &blocks->all, item)
		sum += iommu_blocks_crc(page_to_phys(block->page), block->order);
	return sum;
}
EXPORT_SYMBOL_GPL(iommu_blocks_sum);

/* The order of a block that KHO keeps, nobody has taken back, and @phys lies in */
static int kept_order(phys_addr_t phys)
{
	phys_addr_t start;
	int order;

	for (order = 0; order <= BLOCK_MAX_ORDER; order++) {
		start = ALIGN_DOWN(phys, PAGE_SIZE << order);
		if (kho_restorable(start, PAGE_SIZE << order) &&
		    !kho_restorable(start, PAGE_SIZE << (order + 1)))
			return order;
	}
	return -EIO;
}

/**
 * iommu_blocks_kept() - Has KHO kept a block with this page?
 * @phys: Any address.
 *
 * Return: True if it has and nobody has taken it back yet.
 */
bool iommu_blocks_kept(phys_addr_t phys)
{
	return kept_order(phys) >= 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_kept);

static struct iommu_pages_block *block_restore(struct iommu_pages_blocks *blocks,
					       struct maple_tree *kept, phys_addr_t phys)
{
	int ret, order = kept_order(phys);
	struct iommu_pages_block *block;
	unsigned long pfn;

	if (order < 0)
		return ERR_PTR(order);
	pfn = ALIGN_DOWN(PHYS_PFN(phys), BIT(order));
	block = block_new(order, GFP_KERNEL);
	if (!block)
		return ERR_PTR(-ENOMEM);
	ret = mtree_insert_range(kept, pfn, pfn + BIT(order) - 1, block, GFP_KERNEL);
	if (ret)
		goto err_block;
	block->page = kho_restore_pages(PFN_PHYS(pfn), BIT(order));
	if (!block->page) {
		ret = -EIO;
		goto err_kept;
	}
	scoped_guard(spinlock, &blocks_lock)
		block_add(blocks, block);
	return block;

err_kept:
	mtree_erase(kept, pfn);
err_block:
	kfree(block);
	return ERR_PTR(ret);
}

/**
 * iommu_blocks_restore() - Take back a table that the previous kernel preserved.
 * @blocks: Of the domain whose table it is.
 * @kept: The blocks that were taken back for it so far, by page frame number.
 * @virt: Where the table is; anything is allowed here. Its content is left alone.
 * @dma_dev: The IOMMU's device if it does not snoop caches, else NULL.
 *
 * With the first of its tables a block becomes one of the domain's.
 *
 * Context: Process context, may sleep. The caller has the only reference to @blocks.
 * Return: 0, then the table is to be freed as if iommu_alloc_pages_node_sz() had
 * returned it. -EIO if KHO has not kept a block there, or the page is a table of the
 * domain already. -ENOMEM or an error of iommu_pages_start_incoherent(); then it can
 * be tried again.
 */
int iommu_blocks_restore(struct iommu_pages_blocks *blocks, struct maple_tree *kept,
			 void *virt, struct device *dma_dev)
{
	phys_addr_t phys = virt_to_phys(virt);
	struct iommu_pages_block *block;
	struct page *page;
	int ret;

	block = mtree_load(kept, PHYS_PFN(phys));
	if (!block)
		block = block_restore(blocks, kept, phys);
	if (IS_ERR(block))
		return PTR_ERR(block);

	page = phys_to_page(phys);
	if (test_bit(page - block->page, block->used))
		return -EIO;
	folio_ioptdesc(page_folio(page))->incoherent = false;
	ret = dma_dev ? iommu_pages_start_incoherent(virt, dma_dev) : 0;
	if (ret)
		return ret;
	scoped_guard(spinlock, &blocks_lock)
		block_use(block, page - block->page);
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_restore);
