/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __GENERIC_PT_LIVEUPDATE_H
#define __GENERIC_PT_LIVEUPDATE_H

#include <linux/gfp_types.h>
#include <linux/types.h>

struct iommu_domain_ser;
struct iommu_liveupdate_runs;
struct pt_iommu;
struct pt_table_p;

/**
 * DOC: Preserving an I/O page table across a kexec
 *
 * An I/O page table is preserved in place: KHO preserves its table pages, and a
 * record tells the next kernel the address of the top table. The content of the
 * table pages does not change, so the hardware can walk the table all the time. The
 * exception is clear(), for memory that its device revokes: no table page becomes free.
 *
 * The next kernel takes three steps. restore() makes the table that of a new domain;
 * its cost does not depend on the size of the table. The table is *read-only*: map
 * and unmap return -EBUSY. adopt_begin() restores the table pages from KHO and starts
 * a comparison: compare() is called with the memory that userspace expects to be mapped,
 * and unmap does nothing. When all of it was compared, adopt_verify() checks that the
 * table maps nothing else, and adopt_commit() makes the table an ordinary one.
 * adopt_abort() makes it read-only again.
 *
 * With IOMMU_LIVEUPDATE_BLOCKS the table pages of a domain that can be preserved are in
 * blocks, which KHO preserves as a whole, see liveupdate/blocks.c.
 *
 * Calls of compare() must come in ascending order of IOVA, as iommufd maps memory
 * when it adds a domain to an IOAS: each part of the table is read once, and the gaps
 * between the calls are known to contain no leaf.
 */

/**
 * struct pt_iommu_liveupdate_ops - Operations of a page-table format
 * @format: Name of the format.
 * @preserve: Previous kernel. Preserve all table pages and fill in the fields of @ser
 *	that describe the table, the number of mapped bytes excepted. The caller keeps
 *	the table from changing until @unpreserve. May sleep.
 * @unpreserve: Previous kernel. Undo @preserve; cannot fail.
 * @each_leaf: Call @leaf for each leaf of a range that whole leaves map without a
 *	gap, in ascending order, until it returns an error. The caller keeps the
 *	table from changing. -EFAULT if part of the range is not mapped.
 * @clear: Clear the leaves of a range that whole leaves map without a gap, and keep all
 *	table pages. The table may be preserved, or restored and being compared; the
 *	caller flushes. -EFAULT if part of the range is not mapped.
 * @restore: Next kernel. Replace the empty table of a new domain by the table that
 *	@ser describes, and give the domain its width and features. The table is
 *	read-only. May sleep.
 * @adopt_begin: Start to compare. May sleep. May be called again after an error or
 *	after @adopt_abort.
 * @compare: Compare contiguous IOVA. -EBADE if the table maps it in another way, or if
 *	a call for higher IOVA came before.
 * @adopt_verify: All memory was compared: 0 if the table maps nothing else, else
 *	-EBADE. @bytes and @bad_iova describe the comparison so far.
 * @adopt_commit: End a comparison without a difference; cannot fail.
 * @adopt_abort: End a comparison; the table is read-only again; cannot fail.
 * @levels: Number of levels of the table.
 */
struct pt_iommu_liveupdate_ops {
	const char *format;
	int (*preserve)(struct pt_iommu *iommu_table, struct iommu_domain_ser *ser);
	void (*unpreserve)(struct pt_iommu *iommu_table);
	int (*each_leaf)(struct pt_iommu *iommu_table, u64 iova, u64 len,
			 int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			 void *arg);
	int (*clear)(struct pt_iommu *iommu_table, u64 iova, u64 len);
	int (*restore)(struct pt_iommu *iommu_table,
		       const struct iommu_domain_ser *ser);
	int (*adopt_begin)(struct pt_iommu *iommu_table);
	int (*compare)(struct pt_iommu *iommu_table, const struct iommu_liveupdate_runs *runs);
	int (*adopt_verify)(struct pt_iommu *iommu_table, u64 *bad_iova, u64 *bytes);
	void (*adopt_commit)(struct pt_iommu *iommu_table);
	void (*adopt_abort)(struct pt_iommu *iommu_table);
	unsigned int (*levels)(struct pt_iommu *iommu_table);
};

/**
 * struct iommu_pages_blocks - Blocks of table pages of a domain
 * @all: All blocks.
 * @spare: Blocks with unused pages.
 * @nr_pages: Number of pages in all blocks.
 * @nr_used: Number of pages that are tables.
 *
 * All zero is a domain without blocks. For locking see liveupdate/blocks.c.
 */
struct iommu_pages_blocks {
	struct hlist_head all;
	struct hlist_head spare;
	u64 nr_pages;
	u64 nr_used;
};

/**
 * struct pt_iommu_incoming - State of a restored table until it is adopted
 * @nr_tables: Number of table pages in the record.
 * @blocks_sum: Sum of the CRCs of the blocks in the record.
 * @cursor: All IOVAs below are compared.
 * @verified: Bytes that are mapped as expected.
 * @bad_iova: Lowest IOVA that differs, if @bad.
 * @restored: All table pages are restored from KHO.
 * @comparing: Between adopt_begin() and adopt_commit() or adopt_abort().
 * @bad: A difference was found.
 */
struct pt_iommu_incoming {
	u64 nr_tables;
	u64 blocks_sum;
	u64 cursor;
	u64 verified;
	u64 bad_iova;
	bool restored;
	bool comparing;
	bool bad;
};

/**
 * struct pt_iommu_liveupdate - Live update state of a table
 * @blocks: Blocks that its pages are allocated from.
 * @incoming: State of a restored table; NULL for any other table.
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
