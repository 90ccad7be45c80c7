/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __IOMMU_LIVEUPDATE_BLOCKS_H
#define __IOMMU_LIVEUPDATE_BLOCKS_H

#include <linux/errno.h>
#include <linux/mm.h>

struct iommu_pages_blocks;
struct maple_tree;

/* Orders of blocks: the first of a domain, and the largest */
#define BLOCK_MIN_ORDER		3
#define BLOCK_MAX_ORDER		min(PMD_SHIFT - PAGE_SHIFT, MAX_PAGE_ORDER)

/**
 * struct iommu_pages_block - Physically contiguous pages for tables
 * @item: In the list of all blocks of the domain.
 * @spare: In the list of blocks with a free page, if this block has a free page.
 * @set: The blocks of the domain.
 * @page: The first page; the block is aligned to its size.
 * @order: Size, 2^order pages.
 * @in_kho: A walk found tables in the block, and KHO still has the memory.
 * @nr_used: Pages that are tables. 0 while @in_kho.
 * @used: Bit n: page n is a table. Its page::private points to the block, unless @in_kho.
 */
struct iommu_pages_block {
	struct hlist_node item;
	struct hlist_node spare;
	struct iommu_pages_blocks *set;
	struct page *page;
	unsigned int order;
	bool in_kho;
	unsigned int nr_used;
	unsigned long used[];
};

void iommu_block_account(struct iommu_pages_block *block, int nr_pages);

#ifdef CONFIG_IOMMU_LIVEUPDATE
struct iommu_pages_block *iommu_block_new(unsigned int order, gfp_t gfp);
void iommu_block_add(struct iommu_pages_blocks *blocks, struct iommu_pages_block *block);

int iommu_blocks_preserve(struct iommu_pages_blocks *blocks);
void iommu_blocks_unpreserve(struct iommu_pages_blocks *blocks);

u32 iommu_blocks_crc(phys_addr_t phys, unsigned int order);
u64 iommu_blocks_sum(const struct iommu_pages_blocks *blocks);

bool iommu_blocks_in_kho(phys_addr_t phys);
int iommu_blocks_visit(struct iommu_pages_blocks *blocks, struct maple_tree *visited,
		       void *virt);
int iommu_blocks_restore(struct iommu_pages_blocks *blocks, struct device *dma_dev);
void iommu_blocks_drop(struct iommu_pages_blocks *blocks);
#else
static inline int iommu_blocks_preserve(struct iommu_pages_blocks *blocks)
{
	return -EOPNOTSUPP;
}

static inline void iommu_blocks_unpreserve(struct iommu_pages_blocks *blocks)
{
}

static inline u32 iommu_blocks_crc(phys_addr_t phys, unsigned int order)
{
	return 0;
}

static inline u64 iommu_blocks_sum(const struct iommu_pages_blocks *blocks)
{
	return 0;
}

static inline bool iommu_blocks_in_kho(phys_addr_t phys)
{
	return false;
}

static inline int iommu_blocks_visit(struct iommu_pages_blocks *blocks,
				     struct maple_tree *visited, void *virt)
{
	return -EOPNOTSUPP;
}

static inline int iommu_blocks_restore(struct iommu_pages_blocks *blocks,
				       struct device *dma_dev)
{
	return -EOPNOTSUPP;
}

static inline void iommu_blocks_drop(struct iommu_pages_blocks *blocks)
{
}
#endif /* CONFIG_IOMMU_LIVEUPDATE */

#ifdef CONFIG_IOMMU_LIVEUPDATE_BLOCKS
/* Instead of folio_put() when a page of iommu-pages.h is freed */
void iommu_pages_put(struct folio *folio);

void iommu_block_open(struct iommu_pages_block *block);
void iommu_block_use(struct iommu_pages_block *block, unsigned int i);
#else
static inline void iommu_pages_put(struct folio *folio)
{
	folio_put(folio);
}

static inline void iommu_block_open(struct iommu_pages_block *block)
{
}

static inline void iommu_block_use(struct iommu_pages_block *block, unsigned int i)
{
	set_page_private(block->page + i, (unsigned long)block);
	iommu_block_account(block, 1);
}
#endif /* CONFIG_IOMMU_LIVEUPDATE_BLOCKS */

#endif /* __IOMMU_LIVEUPDATE_BLOCKS_H */
