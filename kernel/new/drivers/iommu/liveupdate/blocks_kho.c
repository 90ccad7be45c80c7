// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Blocks of table pages across a kexec
 *
 * A block is a contiguous piece of memory with table pages of one domain, and one
 * key of KHO. Preserving a domain preserves its blocks and reads no table page; a
 * table page in no block is preserved by itself and is a block of one page in the
 * next kernel. The next kernel has no list of blocks: the pointers in the table lead
 * to them, KHO knows where a block begins and how large it is, and a block without
 * a table does not exist.
 *
 * A damaged pointer may lead to memory that was preserved for another object. So the
 * next kernel first finds all blocks, and takes them from KHO afterwards. The walk
 * over the table *visits* the blocks, which stay in KHO. The domain's record has the
 * sum of the CRCs of all its blocks. If the visited blocks have the same sum, all of
 * them are restored. Otherwise none is, and the memory stays available to the object
 * that it was preserved for.
 *
 * Without CONFIG_IOMMU_LIVEUPDATE_BLOCKS restored pages become ordinary pages of
 * iommu-pages.h, and pages of a block that are no tables are freed.
 */
#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/export.h>
#include <linux/generic_pt/iommu.h>
#include <linux/kexec_handover.h>
#include <linux/maple_tree.h>
#include <linux/slab.h>

#include "../iommu-pages.h"
#include "blocks.h"

/**
 * iommu_block_new() - Allocate the description of a block, without its pages.
 * @order: Size of the block, 2^order pages.
 * @gfp: Flags of the allocator.
 *
 * Return: A block without pages, to be freed by kfree(), or NULL.
 */
struct iommu_pages_block *iommu_block_new(unsigned int order, gfp_t gfp)
{
	struct iommu_pages_block *block;

	block = kzalloc_flex(*block, used, BITS_TO_LONGS(BIT(order)), gfp);
	if (block)
		block->order = order;
	return block;
}

/**
 * iommu_block_add() - Add a block to a domain. The block gives no pages yet.
 * @blocks: Blocks of the domain.
 * @block: The block.
 *
 * Context: The caller excludes other users of @blocks, see blocks.c.
 */
void iommu_block_add(struct iommu_pages_blocks *blocks, struct iommu_pages_block *block)
{
	block->set = blocks;
	hlist_add_head(&block->item, &blocks->all);
}

/**
 * iommu_block_account() - Count pages as iommu_alloc_pages_node_sz() counts them.
 * @block: The block that the pages belong to.
 * @nr_pages: Pages to add; negative to subtract.
 */
void iommu_block_account(struct iommu_pages_block *block, int nr_pages)
{
	struct folio *folio = page_folio(block->page);

	mod_node_page_state(folio_pgdat(folio), NR_IOMMU_PAGES, nr_pages);
	lruvec_stat_mod_folio(folio, NR_SECONDARY_PAGETABLE, nr_pages);
}

/**
 * iommu_blocks_preserve() - Preserve all blocks of a domain in KHO.
 * @blocks: Blocks of the domain; the caller prevents changes of its table.
 *
 * Context: Process context, may sleep.
 * Return: 0, or an error of kho_preserve_pages(); then nothing is preserved.
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
 * @blocks: Blocks of the domain.
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
 * iommu_blocks_crc() - The contribution of a block to the sum in the domain's record.
 * @phys: Physical address of the block.
 * @order: Size of the block, 2^order pages.
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
 * iommu_blocks_sum() - Identify the set of blocks of a domain.
 * @blocks: Blocks of the domain; the caller prevents changes of its table.
 *
 * Return: The sum of the CRCs, equal for the same blocks in any order.
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

/* The order of the piece of memory in KHO around @phys, or -EIO */
static int block_order_in_kho(phys_addr_t phys)
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
 * iommu_blocks_in_kho() - Does KHO have a block with this page?
 * @phys: Any address.
 *
 * Return: true if the page was preserved and has not been restored yet.
 */
bool iommu_blocks_in_kho(phys_addr_t phys)
{
	return block_order_in_kho(phys) >= 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_in_kho);

static struct iommu_pages_block *block_visit(struct iommu_pages_blocks *blocks,
					     struct maple_tree *visited, phys_addr_t phys)
{
	int ret, order = block_order_in_kho(phys);
	struct iommu_pages_block *block;
	unsigned long pfn;

	if (order < 0)
		return ERR_PTR(order);
	pfn = ALIGN_DOWN(PHYS_PFN(phys), BIT(order));
	block = iommu_block_new(order, GFP_KERNEL);
	if (!block)
		return ERR_PTR(-ENOMEM);
	ret = mtree_insert_range(visited, pfn, pfn + BIT(order) - 1, block, GFP_KERNEL);
	if (ret) {
		kfree(block);
		return ERR_PTR(ret);
	}
	block->page = pfn_to_page(pfn);
	block->in_kho = true;
	iommu_block_add(blocks, block);
	return block;
}

/**
 * iommu_blocks_visit() - Find the block of a table of the previous kernel.
 * @blocks: Blocks of the domain that the table belongs to.
 * @visited: Blocks visited so far, by page frame number.
 * @virt: Address of the table. Any value is allowed.
 *
 * The block stays in KHO, and the page may still belong to another object.
 *
 * Context: Process context, may sleep. The caller has the only reference to @blocks.
 * Return: 0. -EIO if KHO has no block there, or if the page was visited before.
 * -ENOMEM; the walk can be repeated then.
 */
int iommu_blocks_visit(struct iommu_pages_blocks *blocks, struct maple_tree *visited,
		       void *virt)
{
	struct iommu_pages_block *block;
	phys_addr_t phys;

	if (!virt_addr_valid(virt))
		return -EIO;
	phys = virt_to_phys(virt);
	block = mtree_load(visited, PHYS_PFN(phys));
	if (!block)
		block = block_visit(blocks, visited, phys);
	if (IS_ERR(block))
		return PTR_ERR(block);
	return __test_and_set_bit(phys_to_page(phys) - block->page, block->used) ? -EIO : 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_visit);

static int block_restore(struct iommu_pages_block *block)
{
	phys_addr_t phys = page_to_phys(block->page);

	if (!kho_restorable(phys, PAGE_SIZE << block->order) ||
	    !kho_restore_pages(phys, BIT(block->order)))
		return -EIO;
	block->in_kho = false;
	iommu_block_open(block);
	return 0;
}

static int block_restore_tables(struct iommu_pages_block *block, struct device *dma_dev)
{
	struct page *page;
	unsigned int i;
	int ret;

	for_each_set_bit(i, block->used, BIT(block->order)) {
		page = block->page + i;
		if (page_private(page) == (unsigned long)block)
			continue;
		folio_ioptdesc(page_folio(page))->incoherent = false;
		ret = dma_dev ? iommu_pages_start_incoherent(page_address(page), dma_dev) : 0;
		if (ret)
			return ret;
		iommu_block_use(block, i);
	}
	return 0;
}

/* All tables of the block become ordinary pages, all other pages are freed */
static void block_dissolve(struct iommu_pages_block *block)
{
	unsigned int i;

	for (i = 0; i < BIT(block->order); i++) {
		set_page_private(block->page + i, 0);
		if (!test_bit(i, block->used))
			__free_page(block->page + i);
	}
	hlist_del(&block->item);
	kfree(block);
}

/**
 * iommu_blocks_restore() - Restore all blocks that iommu_blocks_visit() visited.
 * @blocks: Blocks of the domain.
 * @dma_dev: The IOMMU's device if the IOMMU does not snoop caches, else NULL.
 *
 * The content of the tables does not change. Tables are to be freed as if
 * iommu_alloc_pages_node_sz() had returned them.
 *
 * Context: Process context, may sleep. The caller has the only reference to @blocks.
 * Return: 0, also if all blocks were restored before. -EIO if KHO has no such block.
 * An error of iommu_pages_start_incoherent(); the call can be repeated then.
 */
int iommu_blocks_restore(struct iommu_pages_blocks *blocks, struct device *dma_dev)
{
	struct iommu_pages_block *block;
	struct hlist_node *next;
	int ret;

	hlist_for_each_entry_safe(block, next, &blocks->all, item) {
		ret = block->in_kho ? block_restore(block) : 0;
		if (!ret)
			ret = block_restore_tables(block, dma_dev);
		if (ret)
			return ret;
		if (!IS_ENABLED(CONFIG_IOMMU_LIVEUPDATE_BLOCKS))
			block_dissolve(block);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_restore);

/**
 * iommu_blocks_drop() - Undo iommu_blocks_visit() for all blocks still in KHO.
 * @blocks: Blocks of the domain.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_blocks_drop(struct iommu_pages_blocks *blocks)
{
	struct iommu_pages_block *block;
	struct hlist_node *next;

	hlist_for_each_entry_safe(block, next, &blocks->all, item) {
		if (!block->in_kho)
			continue;
		hlist_del(&block->item);
		kfree(block);
	}
}
EXPORT_SYMBOL_GPL(iommu_blocks_drop);
