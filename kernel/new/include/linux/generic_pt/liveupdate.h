/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __GENERIC_PT_LIVEUPDATE_H
#define __GENERIC_PT_LIVEUPDATE_H

#include <linux/gfp_types.h>
#include <linux/types.h>

struct iommu_domain_ser;
struct pt_iommu;
struct pt_table_p;

/**
 * DOC: Carrying an I/O page table over a kexec
 *
 * An I/O page table is carried by keeping its table pages in place (KHO) and
 * telling the next kernel where its top is. Nothing in a table page changes, so
 * the hardware goes on walking it, whichever kernel is running.
 *
 * The next kernel meets the table in three steps. restore() makes it the table
 * of a domain that was just allocated; the table is *held*: map and unmap are
 * refused, and what this costs does not depend on the size of the table.
 * adopt_begin() takes back the table pages from KHO and starts a comparison:
 * from then on a map is not made but compared with what the table maps already.
 * When all that userspace believes to be mapped went through, adopt_verify()
 * tells whether the table maps anything else, and adopt_commit() turns the
 * table into an ordinary one. Or adopt_abort() goes back to holding it.
 *
 * Table pages of a domain that may be carried come in blocks, which KHO keeps
 * as a whole, see liveupdate/blocks.c.
 *
 * Maps must come in ascending order of IOVA during a comparison, as iommufd
 * makes them when a domain is added to an IOAS: each part of the table is then
 * read once, and the gaps between maps are known to be free of leaves.
 */

/**
 * struct pt_iommu_liveupdate_ops - Operations of one page-table format
 * @format: Name of the format.
 * @preserve: Old kernel. Preserve all table pages and fill what @ser says about
 *	the table, but for the bytes that it maps. The caller keeps anybody from
 *	changing the table until @unpreserve. May sleep.
 * @unpreserve: Old kernel. Undo @preserve; cannot fail.
 * @each_leaf: Call @leaf for each leaf of a range that is mapped from end to end by
 *	leaves of its own, in ascending order, until it returns an error. Nobody changes
 *	the table meanwhile. -EFAULT if something is not mapped.
 * @restore: New kernel. Replace the empty table of a new domain by the table
 *	that @ser describes and hold it. May sleep.
 * @adopt_begin: Start comparing. May sleep. May be called again after an error
 *	or after @adopt_abort.
 * @adopt_verify: All maps went through: 0 if the table maps nothing else,
 *	-EBADE otherwise. @bytes and @bad_iova tell of the comparison so far.
 * @adopt_commit: End of a good comparison, cannot fail.
 * @adopt_abort: Give the comparison up, cannot fail.
 * @levels: Number of levels of the table.
 */
struct pt_iommu_liveupdate_ops {
	const char *format;
	int (*preserve)(struct pt_iommu *iommu_table, struct iommu_domain_ser *ser);
	void (*unpreserve)(struct pt_iommu *iommu_table);
	int (*each_leaf)(struct pt_iommu *iommu_table, u64 iova, u64 len,
			 int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			 void *arg);
	int (*restore)(struct pt_iommu *iommu_table,
		       const struct iommu_domain_ser *ser);
	int (*adopt_begin)(struct pt_iommu *iommu_table);
	int (*adopt_verify)(struct pt_iommu *iommu_table, u64 *bad_iova, u64 *bytes);
	void (*adopt_commit)(struct pt_iommu *iommu_table);
	void (*adopt_abort)(struct pt_iommu *iommu_table);
	unsigned int (*levels)(struct pt_iommu *iommu_table);
};

/**
 * struct iommu_pages_blocks - Where the table pages of a domain come from
 * @all: All its blocks.
 * @spare: Those of them that have a page to give.
 * @nr_pages: Pages of all blocks.
 * @nr_used: Pages that are tables.
 *
 * Empty when it is zero. For locking see liveupdate/blocks.c.
 */
struct iommu_pages_blocks {
	struct hlist_head all;
	struct hlist_head spare;
	u64 nr_pages;
	u64 nr_used;
};

/**
 * struct pt_iommu_incoming - State of a table that is not adopted yet
 * @nr_tables: Number of table pages according to the record.
 * @blocks_sum: Of which blocks, according to the record.
 * @cursor: Below this IOVA everything has been compared.
 * @table: The table in which the last map was compared, NULL at first.
 * @table_va: The first IOVA for which it has an entry.
 * @table_last_va: And the last.
 * @level: Its level.
 * @verified: Bytes found to be mapped as expected.
 * @bad_iova: Where the first difference is, if @bad.
 * @restored: All table pages were taken back from KHO.
 * @comparing: Between adopt_begin() and adopt_commit() or adopt_abort().
 * @bad: A difference was found.
 */
struct pt_iommu_incoming {
	u64 nr_tables;
	u64 blocks_sum;
	u64 cursor;
	struct pt_table_p *table;
	u64 table_va;
	u64 table_last_va;
	unsigned int level;
	u64 verified;
	u64 bad_iova;
	bool restored;
	bool comparing;
	bool bad;
};

/**
 * struct pt_iommu_liveupdate - What a table has for live updates
 * @blocks: Where its pages come from.
 * @incoming: NULL but for a table that came in and is not adopted.
 */
struct pt_iommu_liveupdate {
	struct iommu_pages_blocks blocks;
	struct pt_iommu_incoming *incoming;
};

#ifdef CONFIG_IOMMU_LIVEUPDATE_BLOCKS
void *pt_liveupdate_alloc_table(struct pt_iommu *iommu_table, gfp_t gfp, size_t size);
#else
#define pt_liveupdate_alloc_table(iommu_table, gfp, size)	\
	iommu_alloc_pages_node_sz((iommu_table)->nid, gfp, size)
#endif

#endif /* __GENERIC_PT_LIVEUPDATE_H */
