// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Blocks of table pages in two kernels
 *
 * Preserving a table takes its blocks, a key each, and reads no table page. There is
 * no list of them for the next kernel, which finds them by the pointers in the table:
 * KHO tells where a block begins and how large it is, and a block without a table
 * does not exist.
 *
 * A pointer that is damaged may lead to memory that was kept for somebody else. So
 * finding comes first and taking after it: while the table is walked the blocks are
 * only *met*, and they are KHO's still. The record of the domain has the sum of the
 * CRCs of all blocks; if it is that of what was met, all of it is restored. If it is
 * not, nothing is, and whose memory it was can still have it.
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

static struct iommu_pages_block *block_meet(struct iommu_pages_blocks *blocks,
					    struct maple_tree *met, phys_addr_t phys)
{
	int ret, order = kept_order(phys);
	struct iommu_pages_block *block;
	unsigned long pfn;

	if (order < 0)
		return ERR_PTR(order);
	pfn = ALIGN_DOWN(PHYS_PFN(phys), BIT(order));
	block = iommu_block_new(order, GFP_KERNEL);
	if (!block)
		return ERR_PTR(-ENOMEM);
	ret = mtree_insert_range(met, pfn, pfn + BIT(order) - 1, block, GFP_KERNEL);
	if (ret) {
		kfree(block);
		return ERR_PTR(ret);
	}
	block->page = pfn_to_page(pfn);
	block->kept = true;
	iommu_block_add(blocks, block);
	return block;
}

/**
 * iommu_blocks_meet() - A pointer leads to a table of the previous kernel.
 * @blocks: Of the domain whose table it is.
 * @met: The blocks that were met so far, by page frame number.
 * @virt: Where the table is; anything is allowed here.
 *
 * Nothing is taken from KHO, and the page may be anybody's still.
 *
 * Context: Process context, may sleep. The caller has the only reference to @blocks.
 * Return: 0. -EIO if KHO has not kept a block there, or the page was met already.
 * -ENOMEM; then it can be tried again.
 */
int iommu_blocks_meet(struct iommu_pages_blocks *blocks, struct maple_tree *met,
		      void *virt)
{
	struct iommu_pages_block *block;
	phys_addr_t phys;

	if (!virt_addr_valid(virt))
		return -EIO;
	phys = virt_to_phys(virt);
	block = mtree_load(met, PHYS_PFN(phys));
	if (!block)
		block = block_meet(blocks, met, phys);
	if (IS_ERR(block))
		return PTR_ERR(block);
	return __test_and_set_bit(phys_to_page(phys) - block->page, block->used) ? -EIO : 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_meet);

static int block_restore(struct iommu_pages_block *block)
{
	phys_addr_t phys = page_to_phys(block->page);

	if (!kho_restorable(phys, PAGE_SIZE << block->order) ||
	    !kho_restore_pages(phys, BIT(block->order)))
		return -EIO;
	block->kept = false;
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

/**
 * iommu_blocks_restore() - Take back from KHO what iommu_blocks_meet() has met.
 * @blocks: The domain's.
 * @dma_dev: The IOMMU's device if it does not snoop caches, else NULL.
 *
 * The content of tables is left alone; they are to be freed as if
 * iommu_alloc_pages_node_sz() had returned them.
 *
 * Context: Process context, may sleep. The caller has the only reference to @blocks.
 * Return: 0, also if all of it is done. -EIO if KHO has not kept a block. An error of
 * iommu_pages_start_incoherent(); then it can be tried again.
 */
int iommu_blocks_restore(struct iommu_pages_blocks *blocks, struct device *dma_dev)
{
	struct iommu_pages_block *block;
	int ret;

	hlist_for_each_entry(block, &blocks->all, item) {
		ret = block->kept ? block_restore(block) : 0;
		if (!ret)
			ret = block_restore_tables(block, dma_dev);
		if (ret)
			return ret;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_blocks_restore);

/**
 * iommu_blocks_forget() - Undo iommu_blocks_meet(), as far as nothing was taken back.
 * @blocks: The domain's.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_blocks_forget(struct iommu_pages_blocks *blocks)
{
	struct iommu_pages_block *block;
	struct hlist_node *next;

	hlist_for_each_entry_safe(block, next, &blocks->all, item) {
		if (!block->kept)
			continue;
		hlist_del(&block->item);
		kfree(block);
	}
}
EXPORT_SYMBOL_GPL(iommu_blocks_forget);
