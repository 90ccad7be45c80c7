/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __IOMMU_LIVEUPDATE_BLOCKS_H
#define __IOMMU_LIVEUPDATE_BLOCKS_H

#include <linux/errno.h>
#include <linux/mm.h>

struct iommu_pages_blocks;
struct maple_tree;

/* Orders of blocks: from where they begin to grow, and how far they do */
#define BLOCK_MIN_ORDER		3
#define BLOCK_MAX_ORDER		min(PMD_SHIFT - PAGE_SHIFT, MAX_PAGE_ORDER)

/**
 * struct iommu_pages_block - Physically contiguous pages for tables
 * @item: In all blocks of the domain.
 * @spare: In those that have a page to give, if this one has.
 * @owner: The domain's blocks.
 * @page: The first page; the block is aligned to its size.
 * @order: Its size, 2^order pages.
 * @kept: KHO has it still, and a walk has met tables in it.
 * @nr_used: Pages that are tables. 0 while @kept.
 * @used: Which ones; page::private of each of them points to the block, unless @kept.
 */
struct iommu_pages_block {
	struct hlist_node item;
	struct hlist_node spare;
	struct iommu_pages_blocks *owner;
	struct page *page;
	unsigned int order;
	bool kept;
	unsigned int nr_used;
	unsigned long used[];
};

#ifdef CONFIG_IOMMU_LIVEUPDATE
/* Instead of folio_put(), when a page of iommu-pages.h is freed */
void iommu_pages_put(struct folio *folio);

struct iommu_pages_block *iommu_block_new(unsigned int order, gfp_t gfp);
void iommu_block_add(struct iommu_pages_blocks *blocks, struct iommu_pages_block *block);
void iommu_block_open(struct iommu_pages_block *block);
void iommu_block_use(struct iommu_pages_block *block, unsigned int i);

int iommu_blocks_preserve(struct iommu_pages_blocks *blocks);
void iommu_blocks_unpreserve(struct iommu_pages_blocks *blocks);

u32 iommu_blocks_crc(phys_addr_t phys, unsigned int order);
u64 iommu_blocks_sum(const struct iommu_pages_blocks *blocks);

bool iommu_blocks_kept(phys_addr_t phys);
int iommu_blocks_meet(struct iommu_pages_blocks *blocks, struct maple_tree *met,
		      void *virt);
int iommu_blocks_restore(struct iommu_pages_blocks *blocks, struct device *dma_dev);
void iommu_blocks_forget(struct iommu_pages_blocks *blocks);
#else
static inline void iommu_pages_put(struct folio *folio)
{
	folio_put(folio);
}

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

static inline bool iommu_blocks_kept(phys_addr_t phys)
{
	return false;
}

static inline int iommu_blocks_meet(struct iommu_pages_blocks *blocks,
				    struct maple_tree *met, void *virt)
{
	return -EOPNOTSUPP;
}

static inline int iommu_blocks_restore(struct iommu_pages_blocks *blocks,
				       struct device *dma_dev)
{
	return -EOPNOTSUPP;
}

static inline void iommu_blocks_forget(struct iommu_pages_blocks *blocks)
{
}
#endif

#endif /* __IOMMU_LIVEUPDATE_BLOCKS_H */
